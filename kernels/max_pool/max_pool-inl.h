// Included once per SIMD target, hence a guard that toggles instead of #pragma once.
#if defined(CIFAR_ENGINE_MAX_POOL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CIFAR_ENGINE_MAX_POOL_INL_H
#undef CIFAR_ENGINE_MAX_POOL_INL_H
#else
#define CIFAR_ENGINE_MAX_POOL_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

// What max_pool shares with ops that it is fused into.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {

/// Where `value` replaces the `best` of the places before it: a mask.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Mask<D> beats(D, hwy::HWY_NAMESPACE::Vec<D> value,
                                             hwy::HWY_NAMESPACE::Vec<D> best) {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::Or(hn::Gt(value, best), hn::IsNaN(value));
}

/// Places in a window are at most 255, exact in a float: they are kept as floats while windows are scanned,
/// so that one mask serves values and places.
template <class D>
HWY_INLINE void store_places(D, hwy::HWY_NAMESPACE::Vec<D> places, std::uint8_t* winner) {
    namespace hn = hwy::HWY_NAMESPACE;
    const hn::Rebind<std::int32_t, D> integers;
    const hn::Rebind<std::uint8_t, D> bytes;
    hn::StoreU(hn::DemoteTo(bytes, hn::ConvertTo(integers, places)), bytes, winner);
}

template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_places(D d, const std::uint8_t* winner) {
    namespace hn = hwy::HWY_NAMESPACE;
    const hn::Rebind<std::int32_t, D> integers;
    const hn::Rebind<std::uint8_t, D> bytes;
    return hn::ConvertTo(d, hn::PromoteTo(integers, hn::LoadU(bytes, winner)));
}

}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
