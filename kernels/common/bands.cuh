#pragma once

#include <cstdint>

#include "kernels/common/launch.h"

/// How threads share a tensor of (rows, channels), channels side by side in memory. A block takes a band of
/// up to 32 packs of neighbouring channels, one to each threadIdx.x, so that a warp reads whole rows, or
/// several short ones that lie side by side; what threadIdx.y and blockIdx.x mean is up to the kernel. What
/// belongs to a channel stays in registers while a thread walks down its rows, and column_sum (reduce.cuh)
/// adds up what the threads of a channel found.
namespace kernels::CIFAR_GPU_NAMESPACE {

/// Blocks of `threads` threads, for each band of channels `blocks` of them.
inline LaunchShape band_shape(unsigned threads, std::int64_t blocks, std::int64_t channels, int pack) {
    unsigned columns = 1;  // a power of two, for column_sum
    while (columns < warp_size && columns * pack < channels) columns *= 2;
    const std::int64_t band = static_cast<std::int64_t>(columns) * pack;
    return {dim3(static_cast<unsigned>(blocks), static_cast<unsigned>((channels + band - 1) / band)),
            dim3(columns, threads / columns)};
}

/// The first of this thread's channels; the thread has none if it is not below the number of channels.
template <int pack>
__device__ __forceinline__ std::int64_t channel_of_thread() {
    return (static_cast<std::int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * pack;
}

/// For kernels that compute each row by itself: enough blocks for all rows, but no more than fill the device
/// several times over. A thread begins at row_of_thread() and goes on in steps of row_step().
inline LaunchShape elementwise_band_shape(unsigned threads, std::int64_t rows, std::int64_t channels,
                                          int pack) {
    constexpr std::int64_t most_blocks = 2048;
    LaunchShape shape = band_shape(threads, 0, channels, pack);
    const std::int64_t blocks = (rows + shape.block.y - 1) / shape.block.y;
    shape.grid.x = static_cast<unsigned>(blocks < most_blocks ? blocks : most_blocks);
    return shape;
}

__device__ __forceinline__ std::int64_t row_of_thread() {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
}
__device__ __forceinline__ std::int64_t row_step() {
    return static_cast<std::int64_t>(gridDim.x) * blockDim.y;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
