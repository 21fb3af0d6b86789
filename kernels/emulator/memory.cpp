#include "kernels/emulator/memory.h"

#include <algorithm>
#include <cstring>

namespace kernels::emulator {

namespace {
constexpr std::size_t quarantine_bytes = std::size_t{256} << 20, quarantine_count = 4096;
}

DeviceMemory::DeviceMemory() {
    segment_.base = reinterpret_cast<std::uintptr_t>(reserve(total));
    segment_.size = total;
    segment_.state = static_cast<std::uint8_t*>(reserve(total / granule));
    segment_.cells = static_cast<Cell*>(reserve(total / granule * sizeof(Cell)));
    next_ = segment_.base + gap;
}

std::size_t DeviceMemory::footprint(std::size_t bytes) {
    return (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment + gap;
}

std::uintptr_t DeviceMemory::find_room(std::size_t bytes) {
    const std::size_t wanted = footprint(bytes);
    const auto found = free_.lower_bound(wanted);
    if (found != free_.end() && found->first <= wanted + wanted / 8) {
        const std::uintptr_t begin = found->second;
        free_.erase(found);
        return begin;
    }
    if (segment_.base + total - next_ < wanted) return 0;
    const std::uintptr_t begin = next_;
    next_ += wanted;
    return begin;
}

void* DeviceMemory::allocate(std::size_t bytes) {
    if (bytes > total) return nullptr;
    const std::uintptr_t begin = find_room(bytes);
    if (begin == 0) return nullptr;
    allocations_[begin] = {begin, bytes, true};
    in_use_ += bytes;
    segment_.set_state(begin, begin + bytes, true, false);
    void* memory = reinterpret_cast<void*>(begin);
    std::memset(memory, 0xff, bytes);
    return memory;
}

bool DeviceMemory::release(void* memory) {
    const auto found = allocations_.find(reinterpret_cast<std::uintptr_t>(memory));
    if (found == allocations_.end() || !found->second.alive) return false;
    Allocation& allocation = found->second;
    allocation.alive = false;
    in_use_ -= allocation.bytes;
    segment_.set_state(allocation.begin, allocation.begin + allocation.bytes, false, false);
    resting_ += allocation.bytes;
    quarantine_.push_back(allocation.begin);
    let_old_ones_go();
    return true;
}

void DeviceMemory::let_old_ones_go() {
    while (resting_ > quarantine_bytes || quarantine_.size() > quarantine_count) {
        const auto oldest = allocations_.find(quarantine_.front());
        quarantine_.pop_front();
        resting_ -= oldest->second.bytes;
        free_.emplace(footprint(oldest->second.bytes), oldest->first);
        allocations_.erase(oldest);
    }
}

std::vector<DeviceMemory::Allocation> DeviceMemory::live() const {
    std::vector<Allocation> result;
    for (const auto& [begin, allocation] : allocations_)
        if (allocation.alive) result.push_back(allocation);
    return result;
}

const DeviceMemory::Allocation* DeviceMemory::nearest(std::uintptr_t address) const {
    auto after = allocations_.upper_bound(address);
    if (after == allocations_.begin()) return nullptr;
    return &std::prev(after)->second;
}

}  // namespace kernels::emulator
