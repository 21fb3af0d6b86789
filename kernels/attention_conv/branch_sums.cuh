#pragma once

#include <cstdint>

#include "kernels/attention_conv/branches.cuh"
#include "kernels/common/bands.cuh"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"

/// What the backward needs besides products: with S_k[n, o] = sum over the pixels of image n of g_k,
///   d_bias_k[o] += sum over n of a_k[n] S_k[n, o]
///   d_a_k[n]    += sum over the image of the row sums, + sum over o of bias_k[o] S_k[n, o]
/// (docs/attention_conv.md). Bound by memory: 5 bytes for each element of d_out, read once.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

inline constexpr unsigned branch_threads = 256;

/// S (images, branches, channels); a block sums a band of channels of one image.
__global__ void __launch_bounds__(branch_threads)
    branch_sums_kernel(float* __restrict__ sums, const float* __restrict__ d_out,
                       const std::uint8_t* __restrict__ active, std::int64_t pixels, std::int64_t channels) {
    const std::int64_t channel = channel_of_thread<1>(), image = blockIdx.x;
    Pack<float, branches> sum = {};
    if (channel < channels) {
        for (std::int64_t pixel = threadIdx.y; pixel < pixels; pixel += blockDim.y) {
            const std::int64_t place = (image * pixels + pixel) * channels + channel;
            const float gradient = d_out[place];
            const unsigned bits = active[place];
            CIFAR_UNROLL
            for (int k = 0; k < branches; ++k)
                if ((bits >> k & 1U) != 0) sum.lane[k] += gradient;
        }
    }
    sum = column_sum<branch_threads>(sum);
    if (threadIdx.y == 0 && channel < channels)
        for (int k = 0; k < branches; ++k) sums[(image * branches + k) * channels + channel] = sum.lane[k];
}

struct BranchTargets {
    float* d_a;
    float* d_bias[branches];
};
struct BranchInputs {
    const float* a;
    const float* bias[branches];  ///< null: the row sums have its part
    const float* sums;            ///< S
    const float* row_sums;        ///< (column_tiles, images * pixels, branches)
    bool rectified;
    int column_tiles;
    std::int64_t images, pixels, channels;  ///< pixels of an image, as row sums have them
};

/// A block takes a band of channels of one branch, blockIdx.x, and sums over images.
__global__ void __launch_bounds__(branch_threads)
    branch_bias_kernel(const BranchTargets target, const BranchInputs in) {
    const std::int64_t channel = channel_of_thread<1>(), k = blockIdx.x;
    Pack<float, 1> sum = {{0}};
    if (channel < in.channels)
        for (std::int64_t n = threadIdx.y; n < in.images; n += blockDim.y)
            sum.lane[0] += in.a[n * branches + k] * in.sums[(n * branches + k) * in.channels + channel];
    sum = column_sum<branch_threads>(sum);
    if (threadIdx.y == 0 && channel < in.channels) target.d_bias[k][channel] += sum.lane[0];
}

/// A warp takes one branch of one image.
__global__ void __launch_bounds__(branch_threads)
    branch_factor_kernel(const BranchTargets target, const BranchInputs in) {
    const std::int64_t item =
        static_cast<std::int64_t>(blockIdx.x) * (branch_threads / warp_size) + threadIdx.x / warp_size;
    const unsigned lane = threadIdx.x % warp_size;
    if (item >= in.images * branches) return;
    const std::int64_t n = item / branches, k = item % branches;
    if (in.rectified && in.a[item] == 0) return;  // left out
    float sum = 0;
    for (int tile = 0; tile < in.column_tiles; ++tile) {
        const std::int64_t first = (tile * in.images + n) * in.pixels;
        for (std::int64_t i = lane; i < in.pixels; i += warp_size)
            sum += in.row_sums[(first + i) * branches + k];
    }
    if (in.bias[k] != nullptr)
        for (std::int64_t o = lane; o < in.channels; o += warp_size)
            sum = __fmaf_rn(in.bias[k][o], in.sums[item * in.channels + o], sum);
    sum = warp_sum(sum);
    if (lane == 0) target.d_a[item] += sum;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
