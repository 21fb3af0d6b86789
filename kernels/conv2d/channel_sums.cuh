#pragma once

#include "kernels/common/bands.cuh"
#include "kernels/common/device_scratch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/gemm/parts.cuh"

/// d_bias of a convolution, the column sums of d_out. Bound by memory: d_out is read once. A block sums a
/// band of channels over a part of the pixels, and add_parts adds the parts.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

inline constexpr unsigned sum_threads = 256;

__global__ void __launch_bounds__(sum_threads)
    channel_sums_kernel(float* __restrict__ parts, const float* __restrict__ d_out, std::int64_t pixels,
                        int pixels_per_part, std::int64_t channels) {
    const std::int64_t channel = channel_of_thread<1>();
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * pixels_per_part,
                       end = min(begin + pixels_per_part, pixels);
    Pack<float, 1> sum = {{0}};
    if (channel < channels)
        for (std::int64_t i = begin + threadIdx.y; i < end; i += blockDim.y)
            sum.lane[0] += d_out[i * channels + channel];
    sum = column_sum<sum_threads>(sum);
    if (threadIdx.y == 0 && channel < channels) parts[blockIdx.x * channels + channel] = sum.lane[0];
}

/// d_bias += sums of d_out (pixels, channels) over pixels.
inline void add_channel_sums(DeviceScratch& memory, float* d_bias, const float* d_out, std::int64_t pixels,
                             std::int64_t channels) {
    const Parts cut(pixels, (channels + warp_size - 1) / warp_size, 1);
    float* parts = memory.reserve<float>(cut.count * channels);
    launch(channel_sums_kernel, band_shape(sum_threads, cut.count, channels, 1), work_stream(), parts, d_out,
           pixels, cut.depth, channels);
    add_parts(AddParts<1>{{d_bias}, parts, cut.count, 1, channels, channels});
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
