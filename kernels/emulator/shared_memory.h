#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/emulator/shadow.h"
#include "kernels/emulator/symbols.h"

namespace kernels::emulator {

/// The shared memory of the block that runs: the statics of kernels, where the program has them, and one
/// buffer for the dynamic part.
class SharedMemory {
  public:
    SharedMemory();

    /// From here on every byte is unwritten; it is made so when it is first touched.
    void start_block(std::uint32_t block_time) { block_time_ = block_time; }
    void start_launch(std::size_t dynamic_bytes);

    void* dynamic() const { return reinterpret_cast<void*>(dynamic_.base); }
    /// Null unless the address may be shared memory.
    const Segment* segment_of(std::uintptr_t address) const {
        if (dynamic_.contains(address)) return &dynamic_;
        return static_.contains(address) ? &static_ : nullptr;
    }
    /// Must precede any look at the state of these bytes.
    void make_fresh(const Segment& segment, std::uintptr_t begin, std::uintptr_t end) {
        for (std::size_t line = (begin - segment.base) / shared_line;
             line <= (end - 1 - segment.base) / shared_line; ++line)
            if (segment.fresh[line] != block_time_) make_line_fresh(segment, line);
    }
    /// "tile + 12 bytes".
    std::string describe(std::uintptr_t address) const;
    /// Bytes of static arrays that this launch has touched, and of dynamic memory.
    std::size_t launch_bytes() const { return static_bytes_ + dynamic_bytes_; }

  private:
    void make_line_fresh(const Segment& segment, std::size_t line);
    void count_arrays(std::uintptr_t begin, std::uintptr_t end);

    const std::vector<SharedArray>& arrays_;
    std::vector<bool> touched_;  ///< arrays, by this launch
    Segment static_, dynamic_;
    std::uint32_t block_time_ = 0;
    std::size_t static_bytes_ = 0, dynamic_bytes_ = 0;
};

}  // namespace kernels::emulator
