#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/adam/adam_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/adam/adam.h"
#include "kernels/adam/adam_scalars.h"
#include "kernels/common/parallel_parts.h"
#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;  // elements: below that, waking other threads takes longer

/// One vector of parameters. No fused multiply-add: each operation rounds where the reference's and PyTorch's
/// do.
template <class D>
HWY_INLINE void adam_vector(D d, const AdamArray<float>& array, const AdamScalars<float>& s, std::int64_t i) {
    const auto parameter = hn::LoadU(d, array.parameter + i);
    const auto decay = hn::Mul(hn::Set(d, s.decay), parameter);
    const auto g = hn::Add(hn::LoadU(d, array.gradient + i), decay);

    const auto m_before = hn::LoadU(d, array.m + i);
    const auto m = hn::Add(m_before, hn::Mul(hn::Set(d, s.one_minus_beta1), hn::Sub(g, m_before)));
    const auto v = hn::Add(hn::Mul(hn::Set(d, s.beta2), hn::LoadU(d, array.v + i)),
                           hn::Mul(hn::Mul(hn::Set(d, s.one_minus_beta2), g), g));

    const auto root = hn::Div(hn::Sqrt(v), hn::Set(d, s.root_correction2));
    const auto change = hn::Div(hn::Mul(hn::Set(d, s.step_size), m), hn::Add(root, hn::Set(d, s.epsilon)));
    hn::StoreU(m, d, array.m + i);
    hn::StoreU(v, d, array.v + i);
    const auto shrunk = hn::Sub(parameter, hn::Mul(hn::Set(d, s.shrinkage), parameter));
    hn::StoreU(hn::Sub(shrunk, change), d, array.parameter + i);
}

void adam_part(const AdamArray<float>& array, const AdamScalars<float>& scalars, std::int64_t first,
               std::int64_t last) {
    for_each_vector(last - first,
                    [&](auto d, std::int64_t i) HWY_ATTR { adam_vector(d, array, scalars, first + i); });
}

/// All arrays in one parallel region.
void adam_arrays(const Adam<float>& args, const AdamScalars<float>& scalars) {
    parallel_parts(args.all, grain, [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
        adam_part(array, scalars_of(array, scalars), first, last);
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(adam_arrays);

void cpu::adam(const Adam<float>& args) {
    HWY_DYNAMIC_DISPATCH(adam_arrays)(args, adam_scalars<float>(*args.settings, ++*args.step));
}

}  // namespace kernels
#endif
