#pragma once

#include <cstddef>
#include <cstdint>

/// What the emulator knows of each byte of device memory, kept in arrays beside it.
namespace kernels::emulator {

/// Who touched four bytes (or one, see split_launch) last. Times are those of Ordering; 0 is 'never'.
struct Cell {
    std::uint32_t write_time, write_site;
    // Reads, or atomic accesses, that no later write has covered: those of one warp at one time, by mask...
    std::uint32_t group_time, group_site, group_mask;
    // ...and the last of those by an earlier block of the launch.
    std::uint32_t earlier_time;
    std::uint32_t split_launch;  ///< the launch in which this cell was split into one for each byte
    std::uint16_t write_thread, group_thread, earlier_thread;
    std::uint16_t other_thread;  ///< a member of the group in another warp
    bool group_is_atomic, group_has_other;
};

/// A stretch of memory with its shadow.
struct Segment {
    std::uintptr_t base = 0;
    std::size_t size = 0;
    bool shared = false;
    /// One for four bytes. Low half: which of them exist; high half: which of those were written.
    std::uint8_t* state = nullptr;
    Cell* cells = nullptr;  ///< one for four bytes
    std::uint32_t* fresh =
        nullptr;  ///< shared memory: the block for which 128 bytes were made new; one per line

    bool contains(std::uintptr_t address) const { return address - base < size; }

    /// Bytes [begin, end) exist from now on, unwritten; or no more; or were written.
    void set_state(std::uintptr_t begin, std::uintptr_t end, bool alive, bool defined) const;
    bool all_alive(std::uintptr_t begin, std::uintptr_t end) const;
    /// For a copy of bytes from `from`: what was unwritten there is unwritten here.
    void copy_defined(std::uintptr_t to, const Segment& source, std::uintptr_t from, std::size_t bytes) const;
};

inline constexpr std::size_t granule = 4, shared_line = 128;

/// Address space without memory behind it: pages come, zeroed, when they are touched.
void* reserve(std::size_t bytes);

/// The bits of the granule at `granule_begin` that belong to [begin, end).
inline unsigned byte_mask(std::uintptr_t granule_begin, std::uintptr_t begin, std::uintptr_t end) {
    unsigned mask = 0xf;
    if (begin > granule_begin) mask &= 0xfU << (begin - granule_begin);
    if (end < granule_begin + granule) mask &= 0xfU >> (granule_begin + granule - end);
    return mask & 0xfU;
}

}  // namespace kernels::emulator
