// Included once per SIMD target, hence a guard that toggles instead of #pragma once.
#if defined(CIFAR_ENGINE_SIMD_LOOP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CIFAR_ENGINE_SIMD_LOOP_INL_H
#undef CIFAR_ENGINE_SIMD_LOOP_INL_H
#else
#define CIFAR_ENGINE_SIMD_LOOP_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {

/// Covers [0, count) with vectors of T: calls body(d, i) where the tag d says how many lanes from i on are
/// meant, first as many as the machine has, then one at a time for what is left. One body serves both, so no
/// element is computed in two ways.
template <typename T = float, typename Body>
HWY_INLINE void for_each_vector(std::int64_t count, const Body& body) {
    const hwy::HWY_NAMESPACE::ScalableTag<T> wide;
    const hwy::HWY_NAMESPACE::CappedTag<T, 1> single;
    const auto lanes = static_cast<std::int64_t>(hwy::HWY_NAMESPACE::Lanes(wide));
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) body(wide, i);
    for (; i < count; ++i) body(single, i);
}

/// The lanes at p[i * stride] of an operand that may be broadcast: stride 0 repeats one value, stride 1 is a
/// load.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_broadcast(D d, const float* p, std::int64_t stride,
                                                     std::int64_t i) {
    return stride == 0 ? hwy::HWY_NAMESPACE::Set(d, *p) : hwy::HWY_NAMESPACE::LoadU(d, p + i);
}

}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
