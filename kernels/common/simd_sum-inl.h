// Included once per SIMD target, hence a guard that toggles instead of #pragma once.
#if defined(CIFAR_ENGINE_SIMD_SUM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CIFAR_ENGINE_SIMD_SUM_INL_H
#undef CIFAR_ENGINE_SIMD_SUM_INL_H
#else
#define CIFAR_ENGINE_SIMD_SUM_INL_H
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {

/// The sum of term(x[i]) for `count` floats, in double: lane by lane, then across the lanes, then what fills
/// no vector. term takes and gives a vector of doubles.
template <typename Term>
HWY_INLINE double sum_of_terms(const float* x, std::int64_t count, const Term& term) {
    namespace hn = hwy::HWY_NAMESPACE;
    const hn::ScalableTag<double> d;
    const hn::CappedTag<double, 1> single;
    const hn::Rebind<float, decltype(d)> narrow;
    const hn::Rebind<float, decltype(single)> narrow_single;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    auto lane_sums = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        lane_sums = hn::Add(lane_sums, term(hn::PromoteTo(d, hn::LoadU(narrow, x + i))));
    double sum = hn::GetLane(hn::SumOfLanes(d, lane_sums));
    for (; i < count; ++i) sum += hn::GetLane(term(hn::PromoteTo(single, hn::LoadU(narrow_single, x + i))));
    return sum;
}

}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
