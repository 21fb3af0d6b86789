#pragma once

/// The one header of a .cu file. nvcc reads CUDA's own headers; the host compiler reads the emulator's, in
/// which the same names mean a fiber per thread and a check at every access (docs/emulator.md).
///
/// One program may hold both objects of one .cu file, so all that a .cu file defines stands in the namespace
/// kernels::CIFAR_GPU_NAMESPACE: kernels::cuda under nvcc, kernels::emulated otherwise.
#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#define CIFAR_GPU_NAMESPACE cuda
#else
#include "kernels/emulator/bfloat16.h"
#include "kernels/emulator/intrinsics.h"
#include "kernels/emulator/language.h"
#include "kernels/emulator/memory_functions.h"
#include "kernels/emulator/qualifiers.h"
#include "kernels/emulator/runtime_api.h"
#include "kernels/emulator/vector_types.h"
#define CIFAR_GPU_NAMESPACE emulated
using namespace kernels::emulator;  // as nvcc has them: without a namespace
#endif

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

inline constexpr Device this_device = Device::CIFAR_GPU_NAMESPACE;
inline constexpr unsigned warp_size = 32;
inline constexpr unsigned whole_warp = 0xffffffffU;  ///< the mask of all lanes

/// The block's dynamic shared memory (LaunchShape::dynamic_shared_bytes), on a 128-byte boundary.
template <typename T>
__device__ __forceinline__ T* dynamic_shared() {
#ifdef __CUDACC__
    extern __shared__ __align__(128) unsigned char dynamic_shared_memory[];
    return reinterpret_cast<T*>(dynamic_shared_memory);
#else
    return static_cast<T*>(kernels::emulator::dynamic_shared_memory());
#endif
}

/// The same, and `bytes` of it, as its launch asks for, is written into the assembly code as a comment, where
/// docs/cuda_kernels.py reads it.
template <typename T, unsigned bytes>
__device__ __forceinline__ T* dynamic_shared() {
#ifdef __CUDACC__
    asm volatile("// dynamic shared memory: %0 bytes" ::"n"(bytes));
#endif
    return dynamic_shared<T>();
}

/// Position of this thread in its block, x fastest, as the hardware forms warps.
__device__ __forceinline__ unsigned thread_rank() {
    return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}

/// `for (const auto i : grid_stride_range(n))`: all threads of a one-dimensional grid share [0, n),
/// neighbours take neighbours, and any grid will do.
class GridStrideRange {
  public:
    class Iterator {
      public:
        __device__ __forceinline__ Iterator(std::int64_t index, std::int64_t step)
            : index_(index), step_(step) {}
        __device__ __forceinline__ std::int64_t operator*() const { return index_; }
        __device__ __forceinline__ Iterator& operator++() {
            index_ += step_;
            return *this;
        }
        __device__ __forceinline__ bool operator!=(const Iterator& end) const { return index_ < end.index_; }

      private:
        std::int64_t index_, step_;
    };

    __device__ __forceinline__ explicit GridStrideRange(std::int64_t size) : size_(size) {}
    __device__ __forceinline__ Iterator begin() const {
        return {static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x, step()};
    }
    __device__ __forceinline__ Iterator end() const { return {size_, step()}; }

  private:
    __device__ __forceinline__ static std::int64_t step() {
        return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
    }
    std::int64_t size_;
};

__device__ __forceinline__ GridStrideRange grid_stride_range(std::int64_t size) {
    return GridStrideRange(size);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
