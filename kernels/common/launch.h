#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "kernels/common/cuda.h"
#include "kernels/common/stream.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

struct LaunchShape {
    dim3 grid, block;
    std::size_t dynamic_shared_bytes = 0;
};

/// Blocks of `block` threads, enough for one thread per item, but no more than fill the device several times
/// over: for kernels that walk a grid_stride_range.
inline LaunchShape grid_stride_shape(std::int64_t items, unsigned block = 256) {
    constexpr std::int64_t most_blocks = 4096;
    const std::int64_t blocks = (items + block - 1) / block;
    return {dim3(static_cast<unsigned>(blocks < most_blocks ? blocks : most_blocks)), dim3(block)};
}

namespace detail {

inline std::string kernel_name([[maybe_unused]] const void* kernel) {
    const char* name = "kernel";
#if !defined(__CUDACC__) || CUDART_VERSION >= 12030
    if (cudaFuncGetName(&name, kernel) != cudaSuccess) name = "kernel";
#endif
    return name;
}

inline std::string text_of(const dim3& extent) {
    return std::to_string(extent.x) + "x" + std::to_string(extent.y) + "x" + std::to_string(extent.z);
}

}  // namespace detail

/// Starts a kernel on a stream. The only door: no <<<>>> elsewhere. Throws DeviceError if it cannot start;
/// what goes wrong while it runs is reported by whoever waits for the stream. An empty grid starts nothing.
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, cudaStream_t stream,
            Arguments&&... arguments) {
    if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
    constexpr std::size_t without_opt_in = 48 << 10;
    cudaError_t error = cudaSuccess;
    if (shape.dynamic_shared_bytes > without_opt_in)
        error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     static_cast<int>(shape.dynamic_shared_bytes));
    if (error == cudaSuccess) {
        cudaLaunchConfig_t config{};
        config.gridDim = shape.grid;
        config.blockDim = shape.block;
        config.dynamicSmemBytes = shape.dynamic_shared_bytes;
        config.stream = stream;
        error = cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
    }
    if (error == cudaSuccess) return;
    const std::string what = "launch of " + detail::kernel_name(reinterpret_cast<const void*>(kernel)) +
                             ", grid " + detail::text_of(shape.grid) + ", block " +
                             detail::text_of(shape.block) + ", " +
                             std::to_string(shape.dynamic_shared_bytes) + " bytes of dynamic shared memory";
    require(error, what.c_str(), find_kernel);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
