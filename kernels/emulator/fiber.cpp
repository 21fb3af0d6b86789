#include "kernels/emulator/fiber.h"

#include <new>

#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace kernels::emulator {

namespace {
constexpr std::size_t guard = 4096;
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
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(reinterpret_cast<void*>(low(rank) + guard), bytes - guard);
#endif
    // Tops a multiple of 256 KiB apart would all share a few lines of the processor's caches.
    const std::size_t colour = rank % 61 * 320;
    return boost::context::detail::make_fcontext(reinterpret_cast<void*>(low(rank) + bytes - colour),
                                                 bytes - guard - colour, entry);
}

}  // namespace kernels::emulator
