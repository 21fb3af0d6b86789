#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/emulator/calls.h"
#include "kernels/emulator/source_location.h"

// The functions that instrumented code calls: those of the thread sanitizer's runtime, which is not linked.
// Their names and meaning are fixed by the compilers (LLVM, compiler-rt/lib/tsan/rtl/tsan_interface.h).

namespace kernels::emulator {

constinit thread_local bool in_kernel = false;

namespace {

inline void observe(const void* pointer, std::size_t bytes, bool aligned, Access access, const void* site) {
    if (!in_kernel) return;
    const auto address = reinterpret_cast<std::uintptr_t>(pointer);
    Execution& execution = Execution::instance();
    if (execution.on_own_stack(address) || bytes == 0) return;
    const OutsideKernel outside;
    execution.access(address, bytes, aligned, access, site);
    if (execution.given_up()) execution.leave();
}

}  // namespace
}  // namespace kernels::emulator

using kernels::emulator::Access;
using kernels::emulator::observe;

// NOLINTBEGIN: names that are not ours to choose
#define CIFAR_OBSERVE(bytes)                                                                                 \
    void __tsan_read##bytes(void* p) { observe(p, bytes, true, Access::read, __builtin_return_address(0)); } \
    void __tsan_write##bytes(void* p) {                                                                      \
        observe(p, bytes, true, Access::write, __builtin_return_address(0));                                 \
    }                                                                                                        \
    void __tsan_unaligned_read##bytes(void* p) {                                                             \
        observe(p, bytes, false, Access::read, __builtin_return_address(0));                                 \
    }                                                                                                        \
    void __tsan_unaligned_write##bytes(void* p) {                                                            \
        observe(p, bytes, false, Access::write, __builtin_return_address(0));                                \
    }

extern "C" {
CIFAR_OBSERVE(1)
CIFAR_OBSERVE(2)
CIFAR_OBSERVE(4)
CIFAR_OBSERVE(8)
CIFAR_OBSERVE(16)

void __tsan_read_range(void* p, std::size_t bytes) {
    observe(p, bytes, false, Access::read, __builtin_return_address(0));
}
void __tsan_write_range(void* p, std::size_t bytes) {
    observe(p, bytes, false, Access::write, __builtin_return_address(0));
}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

// -fsanitize=bounds: an index is not below the extent of its array, which may still be within the memory that
// an outer array has. The first argument describes the array.
void __ubsan_handle_out_of_bounds(void*, std::uintptr_t index) {
    using namespace kernels::emulator;
    if (!in_kernel) {
        std::fputs(
            "error: index out of bounds, in the host part of a .cu file, use a debugger to see where\n",
            stderr);
        std::abort();
    }
    const void* site = __builtin_return_address(0);
    in_emulator([&](Execution& e) {
        e.report(Kind::out_of_bounds, site_of(site),
                 "uses index " + std::to_string(index) + " of a shorter array");
    });
}

void* cifar_emulated_memcpy(void* to, const void* from, std::size_t bytes) {
    observe(from, bytes, false, Access::read, __builtin_return_address(0));
    observe(to, bytes, false, Access::write, __builtin_return_address(0));
    return std::memcpy(to, from, bytes);
}
void* cifar_emulated_memmove(void* to, const void* from, std::size_t bytes) {
    observe(from, bytes, false, Access::read, __builtin_return_address(0));
    observe(to, bytes, false, Access::write, __builtin_return_address(0));
    return std::memmove(to, from, bytes);
}
void* cifar_emulated_memset(void* to, int value, std::size_t bytes) {
    observe(to, bytes, false, Access::write, __builtin_return_address(0));
    return std::memset(to, value, bytes);
}
}
// NOLINTEND
