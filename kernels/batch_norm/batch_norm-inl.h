// Included once per SIMD target, hence a guard that toggles instead of #pragma once.
#if defined(CIFAR_ENGINE_BATCH_NORM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CIFAR_ENGINE_BATCH_NORM_INL_H
#undef CIFAR_ENGINE_BATCH_NORM_INL_H
#else
#define CIFAR_ENGINE_BATCH_NORM_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "kernels/batch_norm/batch_norm_parts.h"

// One expression for batch_norm and for ops that it is fused into, so that they agree bit for bit.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {

/// (x - mean) * scale + bias for channels c and on. The mean is not folded into the bias: x - mean is exact
/// where both are large.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> normalised(D d, hwy::HWY_NAMESPACE::Vec<D> x, const float* mean,
                                                 const float* scale, const float* bias, std::int64_t c) {
    namespace hn = hwy::HWY_NAMESPACE;
    const auto deviation = hn::Sub(x, hn::LoadU(d, mean + c));
    return hn::MulAdd(deviation, hn::LoadU(d, scale + c), hn::LoadU(d, bias + c));
}

/// d_out - offset - (x - mean) * slope for channels c and on: d_x, but for the factor `scale`.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> centred_gradient(D d, hwy::HWY_NAMESPACE::Vec<D> d_out,
                                                       hwy::HWY_NAMESPACE::Vec<D> x,
                                                       const cpu::BatchNormInputGradient& g, std::int64_t c) {
    namespace hn = hwy::HWY_NAMESPACE;
    const auto deviation = hn::Sub(x, hn::LoadU(d, g.mean + c));
    return hn::NegMulAdd(deviation, hn::LoadU(d, g.slope + c), hn::Sub(d_out, hn::LoadU(d, g.offset + c)));
}

}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
