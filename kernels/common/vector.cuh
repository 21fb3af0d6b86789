#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/common/cuda.h"

/// Neighbouring values of a tensor that one thread moves in one access: a warp that loads four floats per
/// thread asks for 512 bytes at once, a quarter of the instructions that single floats would take.
namespace kernels::CIFAR_GPU_NAMESPACE {

template <typename T, int width>
struct Pack {
    T lane[width];
};

/// Vectors of two and four need an address that is a multiple of their size.
template <int width>
__device__ __forceinline__ Pack<float, width> load(const float* from) {
    static_assert(width == 1 || width == 2 || width == 4);
    if constexpr (width == 4) {
        const float4 v = *reinterpret_cast<const float4*>(from);
        return {{v.x, v.y, v.z, v.w}};
    } else if constexpr (width == 2) {
        const float2 v = *reinterpret_cast<const float2*>(from);
        return {{v.x, v.y}};
    } else {
        return {{*from}};
    }
}

template <int width>
__device__ __forceinline__ Pack<std::uint8_t, width> load(const std::uint8_t* from) {
    static_assert(width == 1 || width == 2 || width == 4);
    if constexpr (width == 4) {
        const uchar4 v = *reinterpret_cast<const uchar4*>(from);
        return {{v.x, v.y, v.z, v.w}};
    } else if constexpr (width == 2) {
        const uchar2 v = *reinterpret_cast<const uchar2*>(from);
        return {{v.x, v.y}};
    } else {
        return {{*from}};
    }
}

__device__ __forceinline__ void store(float* to, const Pack<float, 1>& v) { *to = v.lane[0]; }
__device__ __forceinline__ void store(std::uint8_t* to, const Pack<std::uint8_t, 1>& v) { *to = v.lane[0]; }
__device__ __forceinline__ void store(float* to, const Pack<float, 2>& v) {
    *reinterpret_cast<float2*>(to) = make_float2(v.lane[0], v.lane[1]);
}
__device__ __forceinline__ void store(std::uint8_t* to, const Pack<std::uint8_t, 2>& v) {
    *reinterpret_cast<uchar2*>(to) = make_uchar2(v.lane[0], v.lane[1]);
}
__device__ __forceinline__ void store(float* to, const Pack<float, 4>& v) {
    *reinterpret_cast<float4*>(to) = make_float4(v.lane[0], v.lane[1], v.lane[2], v.lane[3]);
}
__device__ __forceinline__ void store(std::uint8_t* to, const Pack<std::uint8_t, 4>& v) {
    *reinterpret_cast<uchar4*>(to) = make_uchar4(v.lane[0], v.lane[1], v.lane[2], v.lane[3]);
}

/// Calls body with a constant: 4 if rows of `length` values can be moved in vectors of four, else 1.
/// `pointers` is where the tensors begin; null ones do not matter.
template <typename Body, typename... T>
void with_vector_width(std::int64_t length, const Body& body, const T*... pointers) {
    const auto is_aligned = [](const auto* pointer) {
        return reinterpret_cast<std::uintptr_t>(pointer) % (4 * sizeof *pointer) == 0;
    };
    if (length % 4 == 0 && (is_aligned(pointers) && ...)) {
        body(std::integral_constant<int, 4>{});
    } else {
        body(std::integral_constant<int, 1>{});
    }
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
