#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "kernels/emulator/shadow.h"

namespace kernels::emulator {

inline std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// The emulated device's global memory: one reserved range of addresses. Between two allocations lie bytes
/// that belong to neither; what is freed rests a while before its addresses are used again; what is new is
/// filled with 0xff, a NaN in every floating type.
class DeviceMemory {
  public:
    static constexpr std::size_t total = std::size_t{8} << 30, alignment = 256, gap = 256;

    struct Allocation {
        std::uintptr_t begin;
        std::size_t bytes;
        bool alive;
    };

    DeviceMemory();

    /// Null if there is no room.
    void* allocate(std::size_t bytes);
    /// False if `memory` is not the begin of a live allocation.
    bool release(void* memory);

    const Segment& segment() const { return segment_; }
    std::size_t in_use() const { return in_use_; }
    std::vector<Allocation> live() const;
    /// The allocation, alive or freed, that holds the address or ends closest before it; null if there is
    /// none.
    const Allocation* nearest(std::uintptr_t address) const;

  private:
    static std::size_t footprint(std::size_t bytes);
    std::uintptr_t find_room(std::size_t bytes);
    void let_old_ones_go();

    Segment segment_;
    std::uintptr_t next_;                               ///< nothing was ever allocated from here on
    std::size_t in_use_ = 0, resting_ = 0;              ///< bytes
    std::map<std::uintptr_t, Allocation> allocations_;  ///< alive or resting
    std::deque<std::uintptr_t> quarantine_;
    std::multimap<std::size_t, std::uintptr_t> free_;  ///< by footprint
};

}  // namespace kernels::emulator
