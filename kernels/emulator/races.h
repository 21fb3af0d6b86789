#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/emulator/ordering.h"
#include "kernels/emulator/shadow.h"

namespace kernels::emulator {

enum class Access : std::uint8_t { read, write, atomic };

/// An earlier access that nothing puts before the present one.
struct Conflict {
    std::uint32_t time, site;
    unsigned thread;
    Access access;
};

/// Finds pairs of accesses to the same byte, at least one of them a write, at least one not atomic, that
/// Ordering does not put in order.
///
/// A cell keeps the last write and, since it, the reads (or the atomic accesses) that may still collide:
/// those of one warp at one time exactly, by a mask; readers in a second warp as one flag, which is as good,
/// since whoever writes before the next barrier collides with one of them. Readers of one warp at different
/// times, which only happens with partial masks and fences, are forgotten but for the last: a race may be
/// missed there, none is invented.
class Races {
  public:
    explicit Races(const Ordering& ordering) : ordering_(ordering) {}

    void start_launch() {
        ++launch_;
        split_.clear();
    }
    /// Judges and records an access by `thread` to the bytes in `mask` of a cell.
    std::optional<Conflict> access(Cell& cell, unsigned mask, unsigned thread, Access access,
                                   std::uint32_t site, bool shared);

  private:
    struct Now {
        unsigned thread;
        Access access;
        std::uint32_t time, site;
        bool shared;
    };
    std::optional<Conflict> access_split(Cell& cell, unsigned mask, const Now& now);
    std::optional<Conflict> access_cell(Cell& cell, const Now& now);
    std::optional<Conflict> conflict_with_group(const Cell& cell, const Now& now) const;
    void join_group(Cell& cell, const Now& now) const;
    bool is_before(std::uint32_t time, unsigned other, const Now& now) const {
        return now.shared ? ordering_.is_before_shared(time, other, now.thread)
                          : ordering_.is_before_global(time, other, now.thread);
    }
    /// Is it of a block that runs no more?
    bool is_earlier_block(std::uint32_t time) const { return time < ordering_.block_start(); }

    const Ordering& ordering_;
    std::uint32_t launch_ = 0;
    std::vector<Cell> split_;  ///< four for each cell that was split in this launch
};

}  // namespace kernels::emulator
