#include "kernels/emulator/fiber.h"

#include <new>

#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace kernels::emulator {

namespace {

constexpr std::size_t guard = 4096;

#ifdef __SANITIZE_ADDRESS__
void start_switch(void** left, const StackBounds& target) {
    __sanitizer_start_switch_fiber(left, target.low, target.bytes);
}
void finish_switch(void* left, StackBounds* from) {
    __sanitizer_finish_switch_fiber(left, &from->low, &from->bytes);
}
void unpoison(std::uintptr_t begin, std::size_t bytes) {
    __asan_unpoison_memory_region(reinterpret_cast<void*>(begin), bytes);
}
#else  // nobody to tell
void start_switch(void**, const StackBounds&) {}
void finish_switch(void*, StackBounds*) {}
void unpoison(std::uintptr_t, std::size_t) {}
#endif

}  // namespace

StackSwitch::StackSwitch(const StackBounds& target) { start_switch(&left_, target); }

StackSwitch::~StackSwitch() {
    StackBounds from;
    finish_switch(left_, &from);
}

StackBounds StackSwitch::arrived() {
    StackBounds from;
    finish_switch(nullptr, &from);
    return from;
}

Stacks::Stacks() {
    void* memory = mmap(nullptr, count * bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = reinterpret_cast<std::uintptr_t>(memory);
    for (unsigned rank = 0; rank < count; ++rank)
        mprotect(reinterpret_cast<void*>(low(rank)), guard, PROT_NONE);
}

boost::context::detail::fcontext_t Stacks::fresh(unsigned rank,
                                                 void (*entry)(boost::context::detail::transfer_t)) const {
    unpoison(low(rank) + guard, bytes - guard);
    // Tops a multiple of 256 KiB apart would all share a few lines of the processor's caches.
    const std::size_t colour = rank % 61 * 320;
    return boost::context::detail::make_fcontext(reinterpret_cast<void*>(low(rank) + bytes - colour),
                                                 bytes - guard - colour, entry);
}

}  // namespace kernels::emulator
