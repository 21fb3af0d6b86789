#pragma once

#include "kernels/common/cuda.h"
#include "kernels/common/vector.cuh"

/// Sums over the threads of a warp or block. The order of additions is fixed by the shape of the block alone,
/// so results are the same in every run. All threads of the warp or block must call.
namespace kernels::CIFAR_GPU_NAMESPACE {

/// The sum over the lanes of a warp, to each lane. At every step both partners add the same two numbers, so
/// all lanes get the same bits.
template <typename T>
__device__ __forceinline__ T warp_sum(T value) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        value += __shfl_xor_sync(whole_warp, value, distance);
    return value;
}

/// The sum over a block of `threads` threads, to each thread.
template <unsigned threads, typename T>
__device__ __forceinline__ T block_sum(T value) {
    static_assert(threads % warp_size == 0 && threads <= 1024);
    constexpr unsigned warps = threads / warp_size;
    __shared__ T warp_sums[warps];
    value = warp_sum(value);
    if (thread_rank() % warp_size == 0) warp_sums[thread_rank() / warp_size] = value;
    __syncthreads();
    T total = 0;
    for (unsigned warp = 0; warp < warps; ++warp) total += warp_sums[warp];
    __syncthreads();  // the next sum may overwrite
    return total;
}

/// For each column of a block of `threads` threads, that is for each threadIdx.x, the sum over threadIdx.y,
/// to each thread of the column. blockDim.x is a power of two, at most 32: a warp holds one or more whole
/// rows, whose sums are made by shuffles; one row of each warp then goes through shared memory, where one
/// thread adds up each total.
template <unsigned threads, typename T, int width>
__device__ __forceinline__ Pack<T, width> column_sum(Pack<T, width> value) {
    static_assert(threads % warp_size == 0 && threads <= 1024);
    constexpr unsigned warps = threads / warp_size;
    __shared__ T warp_sums[width][warps][warp_size];
    const unsigned rank = thread_rank(), columns = blockDim.x;
    for (int i = 0; i < width; ++i) {
        for (unsigned distance = warp_size / 2; distance >= columns; distance /= 2)
            value.lane[i] += __shfl_xor_sync(whole_warp, value.lane[i], static_cast<int>(distance));
        if (rank % warp_size < columns) warp_sums[i][rank / warp_size][threadIdx.x] = value.lane[i];
    }
    __syncthreads();
    const unsigned column = rank % warp_size;
    for (unsigned i = rank / warp_size; i < width && column < columns; i += warps) {
        T total = 0;
        for (unsigned warp = 0; warp < warps; ++warp) total += warp_sums[i][warp][column];
        warp_sums[i][0][column] = total;
    }
    __syncthreads();
    for (int i = 0; i < width; ++i) value.lane[i] = warp_sums[i][0][threadIdx.x];
    __syncthreads();  // the next sum may overwrite
    return value;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
