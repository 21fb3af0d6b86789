#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/muon/muon_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel_parts.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/muon/muon.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;  // elements: below that, waking other threads takes longer

// No fused multiply-add in either: each operation rounds where the reference's does.

template <class D>
HWY_INLINE void direction_vector(D d, const MuonArray<float>& array, const MuonScalars<float>& s,
                                 std::int64_t i) {
    const auto gradient = hn::LoadU(d, array.gradient + i);
    const auto before = hn::LoadU(d, array.velocity + i);
    const auto change = hn::Mul(hn::Set(d, s.one_minus_momentum), hn::Sub(gradient, before));
    const auto velocity = hn::Add(before, change);
    const auto ahead = hn::Mul(hn::Set(d, s.momentum), hn::Sub(velocity, gradient));
    hn::StoreU(velocity, d, array.velocity + i);
    hn::StoreU(hn::Add(gradient, ahead), d, array.direction + i);
}

template <class D>
HWY_INLINE void step_vector(D d, const MuonArray<float>& array, const MuonScalars<float>& s, std::int64_t i) {
    const auto parameter = hn::LoadU(d, array.parameter + i);
    const auto shrunk = hn::Sub(parameter, hn::Mul(hn::Set(d, s.shrinkage), parameter));
    const auto change = hn::Mul(hn::Set(d, s.step), hn::LoadU(d, array.direction + i));
    hn::StoreU(hn::Sub(shrunk, change), d, array.parameter + i);
}

void muon_direction(const MuonDirection<float>& args) {
    parallel_parts(args.all, grain, [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
        const MuonScalars<float> s = muon_scalars(*args.settings, array);
        for_each_vector(last - first,
                        [&](auto d, std::int64_t i) HWY_ATTR { direction_vector(d, array, s, first + i); });
    });
}

void muon_step(const MuonStep<float>& args) {
    parallel_parts(args.all, grain, [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
        const MuonScalars<float> s = muon_scalars(*args.settings, array);
        for_each_vector(last - first,
                        [&](auto d, std::int64_t i) HWY_ATTR { step_vector(d, array, s, first + i); });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(muon_direction);
HWY_EXPORT(muon_step);

void cpu::muon_direction(const MuonDirection<float>& args) { HWY_DYNAMIC_DISPATCH(muon_direction)(args); }
void cpu::muon_step(const MuonStep<float>& args) { HWY_DYNAMIC_DISPATCH(muon_step)(args); }

}  // namespace kernels
#endif
