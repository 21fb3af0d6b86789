#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "kernels/common/memory.h"

namespace kernels {

/// Working memory that a kernel keeps between calls, usually as a thread_local: it grows to the largest size
/// asked for and then costs nothing. Aligned for SIMD; new memory is zero, so that the padding of vectors
/// never holds values that are slow to compute with.
template <typename T>
class Scratch {
  public:
    T* reserve(std::int64_t count) {
        if (count > capacity_) {
            memory_.reset();  // first, so that old and new are never held together
            memory_.reset(
                static_cast<T*>(allocate(Device::cpu, static_cast<std::size_t>(count) * sizeof(T))));
            std::fill_n(memory_.get(), count, T{});
            capacity_ = count;
        }
        return memory_.get();
    }

  private:
    struct Free {
        void operator()(T* memory) const { release(Device::cpu, memory); }
    };
    std::unique_ptr<T, Free> memory_;
    std::int64_t capacity_ = 0;
};

}  // namespace kernels
