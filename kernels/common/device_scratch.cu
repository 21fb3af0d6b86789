#include "kernels/common/device_scratch.h"
#include "kernels/common/runtime.h"
#include "kernels/common/stream.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

// Kernels that were called before may still use the old memory: to free it waits for them. A graph may use it
// for ever: once there is one, old memory is kept.
void* DeviceScratch::reserve_bytes(std::size_t bytes) {
    if (bytes > capacity_) {
        if (!any_recorded()) runtime().release(memory_);
        memory_ = nullptr;
        capacity_ = 0;
        memory_ = runtime().allocate(bytes);
        capacity_ = bytes;
    }
    return memory_;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
