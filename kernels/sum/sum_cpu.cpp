#include <vector>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sum/sum_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/common/simd_sum-inl.h"
#include "kernels/sum/sum.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;

void sum_forward(const SumForward<float>& args) {
    thread_local std::vector<double> chunk_sums;  // kept from call to call
    chunk_sums.resize(static_cast<std::size_t>((args.size + grain - 1) / grain));
    double* sums = chunk_sums.data();  // a worker's own chunk_sums would be another vector
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        sums[begin / grain] = sum_of_terms(args.x + begin, end - begin, [](auto x) HWY_ATTR { return x; });
    });
    double sum = 0;
    for (const double chunk : chunk_sums) sum += chunk;
    *args.out = static_cast<float>(sum);
}

void sum_backward(const SumBackward<float>& args) {
    const float gradient = *args.d_out;
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        float* d_x = args.d_x + begin;
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            hn::StoreU(hn::Add(hn::LoadU(d, d_x + i), hn::Set(d, gradient)), d, d_x + i);
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(sum_forward);
HWY_EXPORT(sum_backward);

void cpu::sum_forward(const SumForward<float>& args) { HWY_DYNAMIC_DISPATCH(sum_forward)(args); }
void cpu::sum_backward(const SumBackward<float>& args) { HWY_DYNAMIC_DISPATCH(sum_backward)(args); }

}  // namespace kernels
#endif
