#include "kernels/clip_norm/clip_norm.h"
#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"

// Bound by memory: every gradient is read for the sum, then read and written once more. Each block of the
// first kernel sums the squares of a stretch of all elements; each of the second sums those sums again, which
// is less than to wait for another launch, and scales a stretch.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr std::int64_t stretch = 32 * threads;

DeviceScratch memory;

/// Calls part(array, first, last) for what this block has of all elements.
template <typename Part>
__device__ void for_own_parts(const MultiArray<ClipNormArray<float>>& all, const Part& part) {
    const std::int64_t begin = blockIdx.x * stretch;
    for_each_part(all, begin, begin + stretch < all.size ? begin + stretch : all.size, part);
}

__global__ void __launch_bounds__(threads) square_sum_kernel(double* sums, ClipNorm<float> args) {
    double sum = 0;
    for_own_parts(args.all, [&](const ClipNormArray<float>& array, std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first + threadIdx.x; i < last; i += threads) {
            const double value = array.gradient[i];
            sum += value * value;
        }
    });
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(threads) clip_norm_kernel(const double* sums, ClipNorm<float> args) {
    double square = 0;
    for (unsigned i = threadIdx.x; i < gridDim.x; i += threads) square += sums[i];
    const auto factor = clip_factor<float>(sqrt(block_sum<threads>(square)), *args.limit);
    if (factor == 1) return;
    for_own_parts(args.all, [&](const ClipNormArray<float>& array, std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first + threadIdx.x; i < last; i += threads) array.gradient[i] *= factor;
    });
}

}  // namespace

void clip_norm(const ClipNorm<float>& args) {
    const LaunchShape shape{dim3(static_cast<unsigned>((args.all.size + stretch - 1) / stretch)),
                            dim3(threads)};
    double* sums = memory.reserve<double>(shape.grid.x);
    launch(square_sum_kernel, shape, work_stream(), sums, args);
    launch(clip_norm_kernel, shape, work_stream(), sums, args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
