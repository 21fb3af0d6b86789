#pragma once

#include <cstddef>
#include <memory>

#include "kernels/common/device.h"

namespace engine {

using kernels::Device;

/// Memory that tensors share. When the last owner lets go it returns to a pool, from which the next storage
/// of about that size is served: a training step asks the system for memory only the first time round.
class Storage {
  public:
    Storage(Device device, std::size_t bytes);
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    Device device() const { return device_; }
    void* data() const { return memory_; }

  private:
    Device device_;
    std::size_t capacity_;
    void* memory_;
};

struct MemoryStatistics {
    std::size_t in_use;              ///< bytes held by live storages
    std::size_t reserved;            ///< bytes held from the system, in use or waiting in the pool
    std::size_t peak;                ///< largest `reserved` so far
    std::size_t system_allocations;  ///< how often the system was asked for memory
};

MemoryStatistics memory_statistics(Device device);

/// Gives the pool's idle memory back to the system.
void release_idle_memory(Device device);

}  // namespace engine
