#pragma once

#include <cstddef>
#include <memory>

#include "kernels/common/device.h"

/// Memory of a device, in bytes. What is said here of queues holds for GPUs: see kernels/common/runtime.h.
namespace kernels {

/// Every allocation starts on a cache line, which is also the widest SIMD vector.
inline constexpr std::size_t alignment = 64;

/// Aligned to `alignment`; its content is not initialised. Throws std::bad_alloc, or DeviceError that names
/// the device, when there is no room.
void* allocate(Device device, std::size_t bytes);
void release(Device device, void* memory) noexcept;

/// Queued.
void fill_zero(Device device, void* memory, std::size_t bytes);
/// Copies between two memories of the same device that do not overlap; queued.
void copy(Device device, void* out, const void* in, std::size_t bytes);
/// Copies from the host to a device. Queued, but `in` may change as soon as this returns.
void copy_from_host(Device device, void* out, const void* in, std::size_t bytes);
/// Copies from a device to the host, and waits: for all kernels before, and for the copy. Throws DeviceError
/// if any of them failed.
void copy_to_host(Device device, void* out, const void* in, std::size_t bytes);

/// Host memory for copies that nobody waits for.
class PinnedMemory {
  public:
    PinnedMemory(Device device, std::size_t bytes);
    ~PinnedMemory();
    PinnedMemory(const PinnedMemory&) = delete;
    PinnedMemory& operator=(const PinnedMemory&) = delete;

    Device device() const { return device_; }
    std::byte* data() const { return memory_; }

  private:
    Device device_;
    std::byte* memory_;
};

}  // namespace kernels
