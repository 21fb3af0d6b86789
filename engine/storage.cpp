#include "engine/storage.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "kernels/common/memory.h"

namespace engine {

/// Idle blocks of one device by capacity. Loader threads allocate too, hence the lock.
class Pool {
  public:
    struct Block {
        void* memory;
        std::size_t capacity;
    };

    /// `exact`: a storage is served from a block of its own size alone, not from one that is a little larger.
    explicit Pool(bool exact) : exact_(exact) {}

    Block take(Device device, std::size_t bytes) {
        const std::size_t wanted = round_up(bytes);
        const std::lock_guard lock(mutex_);
        const auto found = idle_.lower_bound(wanted);
        // A block up to twice as large will do: the last, smaller batch of an epoch reuses those of the
        // others.
        if (found != idle_.end() && found->first <= (exact_ ? wanted : 2 * wanted)) {
            const Block block{found->second, found->first};
            idle_.erase(found);
            statistics_.in_use += block.capacity;
            return block;
        }
        const Block block{allocate(device, wanted), wanted};
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
        release_idle_locked(device);
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

    void release_idle_locked(Device device) {
        for (const auto& [capacity, memory] : idle_) {
            kernels::release(device, memory);
            statistics_.reserved -= capacity;
        }
        idle_.clear();
    }

    /// Before it gives up, what lies idle goes back to the system; not that of graphs, which still use it.
    void* allocate(Device device, std::size_t bytes) {
        try {
            return kernels::allocate(device, bytes);
        } catch (...) {
            if (exact_ || idle_.empty()) throw;
        }
        release_idle_locked(device);
        return kernels::allocate(device, bytes);
    }

    const bool exact_;
    std::mutex mutex_;
    std::multimap<std::size_t, void*> idle_;
    MemoryStatistics statistics_{};
};

namespace {

thread_local bool recorded_memory = false;

/// Of one device. Never destroyed: tensors with static lifetime may outlive any other static object.
struct Pools {
    Pool common{false}, recorded{true};
};
Pools& pools(Device device) {
    static auto& all = *new std::array<Pools, 3>;
    return all[static_cast<std::size_t>(device)];
}

Pool& present_pool(Device device) {
    return recorded_memory && device != Device::cpu ? pools(device).recorded : pools(device).common;
}

}  // namespace

Storage::Storage(Device device, std::size_t bytes) : device_(device), pool_(&present_pool(device)) {
    const Pool::Block block = pool_->take(device, bytes);
    memory_ = block.memory;
    capacity_ = block.capacity;
}

Storage::~Storage() {
    if (pool_) pool_->give_back({memory_, capacity_});
}

RecordedMemory::RecordedMemory() : before_(std::exchange(recorded_memory, true)) {}
RecordedMemory::~RecordedMemory() { recorded_memory = before_; }

MemoryStatistics memory_statistics(Device device) {
    const MemoryStatistics common = pools(device).common.statistics();
    const MemoryStatistics recorded = pools(device).recorded.statistics();
    return {common.in_use + recorded.in_use, common.reserved + recorded.reserved, common.peak + recorded.peak,
            common.system_allocations + recorded.system_allocations};
}

void release_idle_memory(Device device) { pools(device).common.release_idle(device); }

}  // namespace engine
