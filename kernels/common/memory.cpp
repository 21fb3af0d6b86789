#include "kernels/common/memory.h"

#include "kernels/common/observe.h"
#include "kernels/common/runtime.h"

namespace kernels {
namespace {

/// A copy, or a fill, as a profile sees it; `passes` is how often it goes through memory.
template <typename Run>
void move_bytes(const char* name, Device device, std::size_t bytes, int passes, const Run& run) {
    if (bytes == 0) return;
    run_observed(device, run, [&] { return Work{name, 0, passes * static_cast<double>(bytes), ""}; });
}

}  // namespace

void* allocate(Device device, std::size_t bytes) { return runtime(device).allocate(bytes); }
void release(Device device, void* memory) noexcept { runtime(device).release(memory); }

void fill_zero(Device device, void* memory, std::size_t bytes) {
    move_bytes("fill_zero", device, bytes, 1, [&] { runtime(device).fill_zero(memory, bytes); });
}

void copy(Device device, void* out, const void* in, std::size_t bytes) {
    move_bytes("copy", device, bytes, 2, [&] { runtime(device).copy(out, in, bytes); });
}

void copy_from_host(Device device, void* out, const void* in, std::size_t bytes) {
    move_bytes("copy_from_host", device, bytes, 1, [&] { runtime(device).copy_from_host(out, in, bytes); });
}

void copy_to_host(Device device, void* out, const void* in, std::size_t bytes) {
    move_bytes("copy_to_host", device, bytes, 1, [&] { runtime(device).copy_to_host(out, in, bytes); });
}

PinnedMemory::PinnedMemory(Device device, std::size_t bytes)
    : device_(device), memory_(runtime(device).allocate_pinned(bytes)) {}
PinnedMemory::~PinnedMemory() { runtime(device_).release_pinned(memory_); }

}  // namespace kernels
