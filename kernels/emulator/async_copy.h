#pragma once

#include <cstdint>
#include <vector>

#include "kernels/emulator/ordering.h"

namespace kernels::emulator {

/// One cp.async of one thread.
struct AsyncCopy {
    std::uintptr_t to, from;
    unsigned bytes, source_bytes;
    std::uint32_t site;
    unsigned group = 0;
};

/// The copies that the threads of a block have under way.
class AsyncCopies {
  public:
    void start_block();
    void start(unsigned thread, AsyncCopy copy);
    void commit(unsigned thread) { ++threads_[thread].open_group; }
    /// Those that must be there when at most `pending` committed groups remain; they are under way no more.
    std::vector<AsyncCopy> land(unsigned thread, unsigned pending);
    /// Does one that is under way write to this address?
    bool writes_to(std::uintptr_t address) const;

  private:
    struct OfThread {
        unsigned open_group = 0;
        std::vector<AsyncCopy> under_way;
    };
    std::vector<OfThread> threads_ = std::vector<OfThread>(max_threads);
    bool any_ = false;
};

}  // namespace kernels::emulator
