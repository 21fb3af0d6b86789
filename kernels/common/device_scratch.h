#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/cuda.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

/// Working memory on the device that an op keeps from call to call, so that a training step allocates nothing
/// after the first: a `static DeviceScratch` in the op's file. What lies in it is valid until the owner's
/// next reserve(); work_stream() orders the calls. Its size only grows.
class DeviceScratch {
  public:
    constexpr DeviceScratch() = default;
    DeviceScratch(const DeviceScratch&) = delete;
    DeviceScratch& operator=(const DeviceScratch&) = delete;

    /// Not initialised, on a 256-byte boundary. Throws DeviceError if the device has no more memory.
    template <typename T>
    T* reserve(std::int64_t count) {
        return static_cast<T*>(reserve_bytes(static_cast<std::size_t>(count) * sizeof(T)));
    }

  private:
    void* reserve_bytes(std::size_t bytes);

    void* memory_ = nullptr;
    std::size_t capacity_ = 0;
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE
