#include <cmath>
#include <vector>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/clip_norm/clip_norm_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/clip_norm/clip_norm.h"
#include "kernels/common/parallel_parts.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/common/simd_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;

double sum_of_squares(const float* x, std::int64_t count) {
    return sum_of_terms(x, count, [](auto value) HWY_ATTR { return hn::Mul(value, value); });
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
    parallel_parts(args.all, grain, [&](const auto& array, std::int64_t first, std::int64_t last) HWY_ATTR {
        float* x = array.gradient + first;
        for_each_vector(last - first, [&](auto d, std::int64_t i) HWY_ATTR {
            hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, x + i);
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
