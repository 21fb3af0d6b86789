#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/gemm/layout.cuh"

/// Operands of tensor cores in bf16: converted once for a call, into copies whose rows are padded with zeros
/// to whole chunks, so that every later access is one of 16 bytes whatever the number of channels. Bound by
/// memory: 4 bytes read and 2 written for each value.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// `channels`, rounded up to what a copy of them in T has.
template <typename T>
constexpr std::int64_t padded_channels(std::int64_t channels) {
    return std::is_same_v<T, float> ? channels : (channels + chunk<T> - 1) / chunk<T> * chunk<T>;
}

/// Two values as mma takes them, the first in the lower half.
__device__ __forceinline__ unsigned bf16_pair(float low, float high) {
    return static_cast<unsigned>(__bfloat16_as_ushort(__float2bfloat16_rn(high))) << 16 |
           __bfloat16_as_ushort(__float2bfloat16_rn(low));
}
__device__ __forceinline__ uint2 bf16_quad(const float (&value)[4]) {
    return make_uint2(bf16_pair(value[0], value[1]), bf16_pair(value[2], value[3]));
}

/// `padded`: channels of `out`. A thread converts `pack` of them; a warp reads and writes whole sectors.
template <int pack>
__global__ void bfloat16_copy_kernel(__nv_bfloat16* __restrict__ out, const float* __restrict__ in,
                                     std::int64_t rows, int channels, int padded) {
    const int packs = padded / pack;
    for (const auto item : grid_stride_range(rows * packs)) {
        const std::int64_t row = item / packs;
        const int first = static_cast<int>(item - row * packs) * pack;
        Pack<float, pack> value = {};
        if (first < channels) value = load<pack>(in + row * channels + first);
        if constexpr (pack == 4)
            reinterpret_cast<uint2*>(out)[item] = bf16_quad(value.lane);
        else
            out[item] = __float2bfloat16_rn(value.lane[0]);
    }
}

/// `in` (rows, channels) as the T that a product's loaders take: itself, or its bf16 copy in `memory`.
template <typename T>
const T* operand(DeviceScratch& memory, const float* in, std::int64_t rows, std::int64_t channels) {
    if constexpr (std::is_same_v<T, float>) {
        return in;
    } else {
        const std::int64_t padded = padded_channels<T>(channels);
        T* out = memory.reserve<T>(rows * padded);
        with_vector_width(
            channels,
            [&](auto pack) {
                launch(bfloat16_copy_kernel<pack()>, grid_stride_shape(rows * padded / pack()), work_stream(),
                       out, in, rows, static_cast<int>(channels), static_cast<int>(padded));
            },
            in);
        return out;
    }
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
