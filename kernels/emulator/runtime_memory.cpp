#include <cstdlib>
#include <cstring>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/runtime_state.h"

// Memory of the emulated device.

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
namespace kernels::emulator {
namespace {

DeviceMemory& memory_of_device() { return Execution::instance().device_memory(); }

bool is_device(const void* pointer) { return memory_of_device().segment().contains(address_of(pointer)); }

/// Is all of it live device memory, or none of it the device's?
bool is_valid(const void* pointer, std::size_t bytes, bool device) {
    if (is_device(pointer) != device) return false;
    return !device ||
           memory_of_device().segment().all_alive(address_of(pointer), address_of(pointer) + bytes);
}

bool directions_match(const void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (kind == cudaMemcpyDefault) to_device = is_device(to), from_device = is_device(from);
    return is_valid(to, bytes, to_device) && is_valid(from, bytes, from_device);
}

cudaError_t copy_now(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0) return cudaSuccess;
    if (!directions_match(to, from, bytes, kind)) return cudaErrorInvalidValue;
    const Segment& segment = memory_of_device().segment();
    if (is_device(to) && is_device(from))
        segment.copy_defined(address_of(to), segment, address_of(from), bytes);
    else if (is_device(to))
        segment.set_state(address_of(to), address_of(to) + bytes, true, true);
    std::memmove(to, from, bytes);
    return cudaSuccess;
}

cudaError_t set_now(void* memory, int value, std::size_t bytes) {
    if (bytes == 0) return cudaSuccess;
    if (!is_valid(memory, bytes, true)) return cudaErrorInvalidValue;
    memory_of_device().segment().set_state(address_of(memory), address_of(memory) + bytes, true, true);
    std::memset(memory, value, bytes);
    return cudaSuccess;
}

cudaError_t allocate_now(void** memory, std::size_t bytes) {
    const std::lock_guard lock(Execution::instance().mutex());
    *memory = nullptr;
    if (bytes == 0) return cudaSuccess;
    *memory = memory_of_device().allocate(bytes);
    return noted(*memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess);
}

cudaError_t free_now(void* memory) {
    const std::lock_guard lock(Execution::instance().mutex());
    if (memory == nullptr || memory_of_device().release(memory)) return cudaSuccess;
    return noted(cudaErrorInvalidValue);
}

}  // namespace

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    if (const cudaError_t error = outside_capture(); error != cudaSuccess) return error;
    return allocate_now(memory, bytes);
}
cudaError_t cudaFree(void* memory) {
    if (const cudaError_t error = outside_capture(); error != cudaSuccess) return error;
    return free_now(memory);
}
// CUDA would record these as nodes that allocate in the graph's own memory; here they are refused.
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
    return cudaMalloc(memory, bytes);
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t) { return cudaFree(memory); }

cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
    if (const cudaError_t error = outside_capture(); error != cudaSuccess) return error;
    *memory = std::malloc(bytes);
    return noted(*memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess);
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) { return cudaHostAlloc(memory, bytes, 0); }
cudaError_t cudaFreeHost(void* memory) {
    std::free(memory);
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *total = DeviceMemory::total;
    *free = DeviceMemory::total - memory_of_device().in_use();
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    if (const cudaError_t error = outside_capture(); error != cudaSuccess) return error;
    return submit(nullptr, [=] { return copy_now(to, from, bytes, kind); });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    return submit(stream, [=] { return copy_now(to, from, bytes, kind); });
}
cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
    if (const cudaError_t error = outside_capture(); error != cudaSuccess) return error;
    return submit(nullptr, [=] { return set_now(memory, value, bytes); });
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    return submit(stream, [=] { return set_now(memory, value, bytes); });
}
cudaError_t copy_to_symbol(void* symbol, std::size_t symbol_bytes, const void* from, std::size_t bytes) {
    if (bytes > symbol_bytes) return noted(cudaErrorInvalidValue);
    std::memcpy(symbol, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
    *pool = nullptr;
    return noted(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void* value) {
    if (attribute == cudaMemPoolAttrReleaseThreshold) return noted(cudaErrorNotSupported);
    const std::uint64_t in_use = memory_of_device().in_use();
    std::memcpy(value, &in_use, sizeof in_use);
    return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }

std::vector<Report> find_leaks() {
    std::vector<Report> leaks;
    for (const DeviceMemory::Allocation& allocation : memory_of_device().live()) {
        Report report;
        report.kind = Kind::leak;
        report.memory = "allocation of " + std::to_string(allocation.bytes) + " bytes";
        report.text = std::string(name(Kind::leak)) + ": " + report.memory + " was never freed";
        leaks.push_back(report);
    }
    return leaks;
}

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
