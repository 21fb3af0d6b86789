#include <cstring>
#include <new>

#include "kernels/common/dispatch.h"
#include "kernels/common/memory.h"
#include "kernels/common/observe.h"

namespace kernels {

void* allocate(Device device, std::size_t bytes) {
    require_cpu(device);
    return ::operator new (bytes, std::align_val_t{alignment});
}

void release(Device, void* memory) noexcept { ::operator delete (memory, std::align_val_t{alignment}); }

void fill_zero(Device device, void* memory, std::size_t bytes) {
    require_cpu(device);
    run_observed([&] { std::memset(memory, 0, bytes); },
                 [&] {
                     return Work{"fill_zero", 0, static_cast<double>(bytes), ""};
                 });
}

void copy(Device device, void* out, const void* in, std::size_t bytes) {
    require_cpu(device);
    run_observed([&] { std::memcpy(out, in, bytes); },
                 [&] {
                     return Work{"copy", 0, 2 * static_cast<double>(bytes), ""};
                 });
}

}  // namespace kernels
