#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "kernels/common/device.h"

namespace engine {

using kernels::Device;

class Pool;

/// Memory that tensors share. When the last owner lets go it returns to a pool, from which the next storage
/// of about that size is served: a training step asks the system for memory only the first time round. On a
/// GPU the next owner may come while kernels still use the memory: what it does there is queued behind them.
class Storage {
  public:
    Storage(Device device, std::size_t bytes);
    /// Memory of the host that is somebody else's: no pool gets it, and `owner` is let go of in the end.
    Storage(void* memory, std::shared_ptr<void> owner) : memory_(memory), owner_(std::move(owner)) {}
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    Device device() const { return device_; }
    void* data() const { return memory_; }

  private:
    Device device_ = Device::cpu;
    Pool* pool_ = nullptr;  ///< where the memory goes; null: to nobody
    std::size_t capacity_ = 0;
    void* memory_;
    std::shared_ptr<void> owner_;
};

/// While one lives, storages that this thread makes on a GPU come from a pool of their own, which serves no
/// others: a graph that was recorded meanwhile writes to that memory whenever it is launched. In that pool a
/// storage is served from one of exactly its size, so that work which is done a second time, from the same
/// beginning, asks the system for nothing.
class RecordedMemory {
  public:
    RecordedMemory();
    ~RecordedMemory();
    RecordedMemory(const RecordedMemory&) = delete;
    RecordedMemory& operator=(const RecordedMemory&) = delete;

  private:
    bool before_;
};

struct MemoryStatistics {
    std::size_t in_use;              ///< bytes held by live storages
    std::size_t reserved;            ///< bytes held from the system, in use or waiting in the pool
    std::size_t peak;                ///< largest `reserved` so far
    std::size_t system_allocations;  ///< how often the system was asked for memory
};

/// Of the device's pools together.
MemoryStatistics memory_statistics(Device device);

/// Gives the pool's idle memory back to the system.
void release_idle_memory(Device device);

}  // namespace engine
