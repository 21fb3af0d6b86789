#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sgd/sgd_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel_parts.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/sgd/sgd.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;  // elements: below that, waking other threads takes longer

/// One vector of parameters. No fused multiply-add: each operation rounds where the reference's and PyTorch's
/// do.
template <class D>
HWY_INLINE void sgd_vector(D d, const SgdArray<float>& array, const SgdScalars<float>& s, std::int64_t i) {
    const auto parameter = hn::LoadU(d, array.parameter + i);
    const auto momentum = hn::Set(d, s.momentum);
    const auto g = hn::Add(hn::LoadU(d, array.gradient + i), hn::Mul(hn::Set(d, s.decay), parameter));
    const auto velocity = hn::Add(hn::Mul(momentum, hn::LoadU(d, array.velocity + i)), g);
    const auto change = hn::Mul(hn::Set(d, s.lr), hn::Add(g, hn::Mul(momentum, velocity)));
    hn::StoreU(velocity, d, array.velocity + i);
    hn::StoreU(hn::Sub(parameter, change), d, array.parameter + i);
}

void sgd_part(const SgdArray<float>& array, const SgdScalars<float>& scalars, std::int64_t first,
              std::int64_t last) {
    for_each_vector(last - first,
                    [&](auto d, std::int64_t i) HWY_ATTR { sgd_vector(d, array, scalars, first + i); });
}

/// All arrays in one parallel region.
void sgd_arrays(const Sgd<float>& args) {
    parallel_parts(args.all, grain, [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
        sgd_part(array, sgd_scalars(*args.settings, array), first, last);
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(sgd_arrays);

void cpu::sgd(const Sgd<float>& args) { HWY_DYNAMIC_DISPATCH(sgd_arrays)(args); }

}  // namespace kernels
#endif
