#pragma once

#include <cstddef>

#include "kernels/common/device.h"

namespace kernels {

/// Every allocation starts on a cache line, which is also the widest SIMD vector.
inline constexpr std::size_t alignment = 64;

/// Raw memory of a device, in bytes, aligned to `alignment`; its content is not initialised.
/// Throws std::bad_alloc when the device has no room.
void* allocate(Device device, std::size_t bytes);
void release(Device device, void* memory) noexcept;

void fill_zero(Device device, void* memory, std::size_t bytes);
/// Copies between two memories of the same device that do not overlap.
void copy(Device device, void* out, const void* in, std::size_t bytes);

}  // namespace kernels
