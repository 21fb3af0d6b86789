#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/sum/sum.h"

// Bound by memory: 4 bytes for each float. Each block sums a chunk, of which its threads take every 256th
// pack, and one block then sums the chunks; both in double, in an order that the size decides.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr std::int64_t least_chunk = 16384, most_chunks = 1024;

DeviceScratch memory;

template <int pack>
__global__ void __launch_bounds__(threads)
    chunk_sum_kernel(double* __restrict__ sums, const float* __restrict__ x, std::int64_t chunk,
                     std::int64_t size) {
    const std::int64_t begin = blockIdx.x * chunk, end = min(begin + chunk, size);
    double sum = 0;
    for (std::int64_t i = begin + threadIdx.x * pack; i < end; i += threads * pack) {
        const auto values = load<pack>(x + i);
        for (int k = 0; k < pack; ++k) sum += values.lane[k];
    }
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(threads) total_kernel(float* out, const double* sums, std::int64_t chunks) {
    double sum = 0;
    for (std::int64_t i = threadIdx.x; i < chunks; i += threads) sum += sums[i];
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) *out = static_cast<float>(sum);
}

template <int pack>
__global__ void sum_backward_kernel(float* __restrict__ d_x, const float* __restrict__ d_out,
                                    std::int64_t size) {
    const float gradient = *d_out;
    for (const auto item : grid_stride_range(size / pack)) {
        auto values = load<pack>(d_x + item * pack);
        for (int k = 0; k < pack; ++k) values.lane[k] += gradient;
        store(d_x + item * pack, values);
    }
}

}  // namespace

void sum_forward(const SumForward<float>& args) {
    const std::int64_t pieces = (args.size + least_chunk - 1) / least_chunk;
    const std::int64_t chunk = least_chunk * ((pieces + most_chunks - 1) / most_chunks);
    const std::int64_t chunks = args.size == 0 ? 0 : (args.size + chunk - 1) / chunk;
    double* sums = memory.reserve<double>(chunks);
    with_vector_width(
        args.size,
        [&](auto pack) {
            launch(chunk_sum_kernel<pack()>, {dim3(static_cast<unsigned>(chunks)), dim3(threads)},
                   work_stream(), sums, args.x, chunk, args.size);
        },
        args.x);
    launch(total_kernel, {dim3(1), dim3(threads)}, work_stream(), args.out, sums, chunks);
}

void sum_backward(const SumBackward<float>& args) {
    with_vector_width(
        args.size,
        [&](auto pack) {
            launch(sum_backward_kernel<pack()>, grid_stride_shape(args.size / pack()), work_stream(),
                   args.d_x, args.d_out, args.size);
        },
        args.d_x);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
