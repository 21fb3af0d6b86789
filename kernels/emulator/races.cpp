#include "kernels/emulator/races.h"

#include <algorithm>
#include <bit>

namespace kernels::emulator {

std::optional<Conflict> Races::access(Cell& cell, unsigned mask, unsigned thread, Access access,
                                      std::uint32_t site, bool shared) {
    const Now now{thread, access, ordering_.time_of(thread), site, shared};
    if (mask == 0xf && cell.split_launch != launch_) return access_cell(cell, now);
    return access_split(cell, mask, now);
}

std::optional<Conflict> Races::access_split(Cell& cell, unsigned mask, const Now& now) {
    if (cell.split_launch != launch_) {
        const auto index = static_cast<std::uint32_t>(split_.size());
        split_.insert(split_.end(), 4, cell);
        cell.split_launch = launch_;
        cell.write_site = index;
    }
    std::optional<Conflict> first;
    for (unsigned byte = 0; byte < 4; ++byte) {
        if (!(mask >> byte & 1U)) continue;
        const auto conflict = access_cell(split_[cell.write_site + byte], now);
        if (!first) first = conflict;
    }
    return first;
}

std::optional<Conflict> Races::access_cell(Cell& cell, const Now& now) {
    std::optional<Conflict> conflict;
    if (cell.write_time != 0 && !is_before(cell.write_time, cell.write_thread, now))
        conflict = {cell.write_time, cell.write_site, cell.write_thread, Access::write};

    const bool joins = cell.group_is_atomic ? now.access == Access::atomic : now.access == Access::read;
    if (!joins && !conflict && (cell.group_time != 0 || cell.earlier_time != 0))
        conflict = conflict_with_group(cell, now);

    if (now.access == Access::write) {
        cell.write_time = now.time;
        cell.write_site = now.site;
        cell.write_thread = static_cast<std::uint16_t>(now.thread);
        cell.group_time = cell.earlier_time = 0;
        cell.group_is_atomic = cell.group_has_other = false;
        return conflict;
    }
    if (!joins) {
        // What it replaces comes before it, or a race was just reported.
        cell.group_time = cell.earlier_time = 0;
        cell.group_is_atomic = now.access == Access::atomic;
    }
    join_group(cell, now);
    return conflict;
}

std::optional<Conflict> Races::conflict_with_group(const Cell& cell, const Now& now) const {
    const Access access = cell.group_is_atomic ? Access::atomic : Access::read;
    if (!now.shared && cell.earlier_time != 0 && !is_before(cell.earlier_time, cell.earlier_thread, now))
        return Conflict{cell.earlier_time, 0, cell.earlier_thread, access};
    if (cell.group_time == 0) return std::nullopt;
    if (cell.group_has_other && !is_before(cell.group_time, cell.other_thread, now))
        return Conflict{cell.group_time, cell.group_site, cell.other_thread, access};
    const unsigned first = cell.group_thread / lanes * lanes;
    for (unsigned mask = cell.group_mask; mask != 0; mask &= mask - 1) {
        const unsigned member = first + static_cast<unsigned>(std::countr_zero(mask));
        if (!is_before(cell.group_time, member, now))
            return Conflict{cell.group_time, cell.group_site, member, access};
    }
    return std::nullopt;
}

void Races::join_group(Cell& cell, const Now& now) const {
    const std::uint32_t bit = 1U << now.thread % lanes;
    if (cell.group_time == now.time && cell.group_thread / lanes == now.thread / lanes) {
        cell.group_mask |= bit;
        return;
    }
    const bool over = cell.group_time < ordering_.barrier_time() || cell.group_time == 0;
    if (!over && cell.group_thread / lanes != now.thread / lanes) {
        cell.group_has_other = true;
        cell.other_thread = static_cast<std::uint16_t>(now.thread);
        cell.group_time = std::max(cell.group_time, now.time);
        cell.group_site = now.site;
        return;
    }
    if (cell.group_time != 0 && !now.shared && is_earlier_block(cell.group_time)) {
        cell.earlier_time = cell.group_time;
        cell.earlier_thread = cell.group_thread;
    }
    if (over || !cell.group_has_other) {
        cell.group_has_other = false;
        cell.group_time = now.time;
        cell.group_site = now.site;
        cell.group_mask = bit;
        cell.group_thread = static_cast<std::uint16_t>(now.thread);
    } else {
        // Two warps have read since the barrier: whoever writes before the next one collides with either.
        cell.group_time = std::max(cell.group_time, now.time);
    }
}

}  // namespace kernels::emulator
