#include "kernels/emulator/shadow.h"

#include <cstring>
#include <new>

#include <sys/mman.h>

namespace kernels::emulator {

void* reserve(std::size_t bytes) {
    void* memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return memory;
}

void Segment::set_state(std::uintptr_t begin, std::uintptr_t end, bool alive, bool defined) const {
    std::uintptr_t at = (begin - base) / granule * granule + base;
    const auto set = [&](std::uintptr_t address) {
        const unsigned mask = byte_mask(address, begin, end);
        std::uint8_t& bits = state[(address - base) / granule];
        bits = static_cast<std::uint8_t>((bits & ~(mask | mask << 4)) | (alive ? mask : 0) |
                                         (defined ? mask << 4 : 0));
    };
    if (at < begin) {
        set(at);
        at += granule;
    }
    const std::uintptr_t whole_end = (end - base) / granule * granule + base;
    if (at < whole_end) {
        std::memset(state + (at - base) / granule, (alive ? 0x0f : 0) | (defined ? 0xf0 : 0),
                    (whole_end - at) / granule);
        at = whole_end;
    }
    if (at < end) set(at);
}

bool Segment::all_alive(std::uintptr_t begin, std::uintptr_t end) const {
    for (std::uintptr_t at = (begin - base) / granule * granule + base; at < end; at += granule) {
        if (at - base >= size) return false;
        if (byte_mask(at, begin, end) & ~state[(at - base) / granule]) return false;
    }
    return true;
}

void Segment::copy_defined(std::uintptr_t to, const Segment& source, std::uintptr_t from,
                           std::size_t bytes) const {
    if (to % granule == 0 && from % granule == 0) {
        const std::size_t whole = bytes / granule;
        std::memcpy(state + (to - base) / granule, source.state + (from - source.base) / granule, whole);
        to += whole * granule, from += whole * granule, bytes %= granule;
    }
    for (std::size_t i = 0; i < bytes; ++i) {
        const unsigned bits = source.state[(from + i - source.base) / granule];
        set_state(to + i, to + i + 1, true, bits >> (4 + (from + i) % granule) & 1U);
    }
}

}  // namespace kernels::emulator
