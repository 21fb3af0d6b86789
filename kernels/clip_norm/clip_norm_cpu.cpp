#include <cmath>
#include <vector>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/clip_norm/clip_norm_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/clip_norm/clip_norm.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;

double sum_of_squares(const float* x, std::int64_t count) {
    const hn::ScalableTag<double> d;
    const hn::Rebind<float, decltype(d)> narrow;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    auto lane_sums = hn::Zero(d);
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const auto value = hn::PromoteTo(d, hn::LoadU(narrow, x + i));
        lane_sums = hn::Add(lane_sums, hn::Mul(value, value));
    }
    double sum = hn::GetLane(hn::SumOfLanes(d, lane_sums));
    for (; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return sum;
}

/// Of all arrays: by chunks, so that the order of additions does not depend on threads.
double square_of_norm(const MultiArray<ClipNormArray<float>>& all) {
    thread_local std::vector<double> chunk_sums;  // kept from call to call
    chunk_sums.assign(static_cast<std::size_t>((all.size + grain - 1) / grain), 0.0);
    double* sums = chunk_sums.data();  // a worker's own chunk_sums would be another vector
    parallel_chunks(all.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_each_part(all, begin, end,
                      [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
                          sums[begin / grain] += sum_of_squares(array.gradient + first, last - first);
                      });
    });
    double sum = 0;
    for (const double chunk : chunk_sums) sum += chunk;
    return sum;
}

void clip_norm(const ClipNorm<float>& args) {
    const auto factor = clip_factor<float>(std::sqrt(square_of_norm(args.all)), *args.limit);
    if (factor == 1) return;  // the same bits, without the way through memory
    parallel_chunks(args.all.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_each_part(args.all, begin, end,
                      [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
                          float* x = array.gradient + first;
                          for_each_vector(last - first, [&](auto d, std::int64_t i) HWY_ATTR {
                              hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, x + i);
                          });
                      });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(clip_norm);

void cpu::clip_norm(const ClipNorm<float>& args) { HWY_DYNAMIC_DISPATCH(clip_norm)(args); }

}  // namespace kernels
#endif
