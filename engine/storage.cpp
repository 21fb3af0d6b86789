#include "engine/storage.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "kernels/common/memory.h"

namespace engine {
namespace {

/// Idle blocks of one device by capacity. Loader threads allocate too, hence the lock.
class Pool {
  public:
    struct Block {
        void* memory;
        std::size_t capacity;
    };

    Block take(Device device, std::size_t bytes) {
        const std::size_t wanted = round_up(bytes);
        const std::lock_guard lock(mutex_);
        const auto found = idle_.lower_bound(wanted);
        // A block up to twice as large will do: the last, smaller batch of an epoch reuses those of the
        // others.
        if (found != idle_.end() && found->first <= 2 * wanted) {
            const Block block{found->second, found->first};
            idle_.erase(found);
            statistics_.in_use += block.capacity;
            return block;
        }
        const Block block{kernels::allocate(device, wanted), wanted};
        ++statistics_.system_allocations;
        statistics_.reserved += wanted;
        statistics_.in_use += wanted;
        statistics_.peak = std::max(statistics_.peak, statistics_.reserved);
        return block;
    }

    void give_back(Block block) {
        const std::lock_guard lock(mutex_);
        statistics_.in_use -= block.capacity;
        idle_.emplace(block.capacity, block.memory);
    }

    void release_idle(Device device) {
        const std::lock_guard lock(mutex_);
        for (const auto& [capacity, memory] : idle_) {
            kernels::release(device, memory);
            statistics_.reserved -= capacity;
        }
        idle_.clear();
    }

    MemoryStatistics statistics() {
        const std::lock_guard lock(mutex_);
        return statistics_;
    }

  private:
    static std::size_t round_up(std::size_t bytes) {
        const std::size_t units = (bytes + kernels::alignment - 1) / kernels::alignment;
        return std::max<std::size_t>(units, 1) * kernels::alignment;
    }

    std::mutex mutex_;
    std::multimap<std::size_t, void*> idle_;
    MemoryStatistics statistics_{};
};

/// Never destroyed: tensors with static lifetime may outlive any other static object.
Pool& pool(Device device) {
    static auto& pools = *new std::array<Pool, 3>;
    return pools[static_cast<std::size_t>(device)];
}

}  // namespace

Storage::Storage(Device device, std::size_t bytes) : device_(device) {
    const Pool::Block block = pool(device).take(device, bytes);
    memory_ = block.memory;
    capacity_ = block.capacity;
}

Storage::~Storage() { pool(device_).give_back({memory_, capacity_}); }

MemoryStatistics memory_statistics(Device device) { return pool(device).statistics(); }

void release_idle_memory(Device device) { pool(device).release_idle(device); }

}  // namespace engine
