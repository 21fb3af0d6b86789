#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/batch.h"

namespace data {

/// Makes batches ahead of their use on worker threads and hands them out in order. Batch n waits in slot n
/// modulo the number of slots, and is not begun before batch n minus that number was taken: that bounds the
/// memory.
class Prefetcher {
  public:
    using Make = std::function<engine::Batch(std::int64_t number)>;

    /// Starts to make batches first, ..., last - 1; `make` is called from all workers at once.
    Prefetcher(Make make, std::int64_t first, std::int64_t last, int workers);

    /// The next batch, as soon as it is there; throws what `make` threw for it. To be called last - first
    /// times at most.
    engine::Batch take();

  private:
    struct Slot {
        engine::Batch batch;
        std::exception_ptr failure;
        bool ready = false;
    };

    void work(std::stop_token stop);
    Slot make_slot(std::int64_t number) const;
    Slot& slot_of(std::int64_t number) { return slots_[static_cast<std::size_t>(number) % slots_.size()]; }

    const Make make_;
    const std::int64_t last_;
    std::mutex mutex_;  // guards the next three
    std::int64_t begun_;
    std::int64_t taken_;
    std::vector<Slot> slots_;
    std::condition_variable_any room_;
    std::condition_variable_any ready_;
    std::vector<std::jthread>
        workers_;  // last, hence first to go: stopped and joined while the rest still stands
};

}  // namespace data
