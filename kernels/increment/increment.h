#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// counter += by. A count that kernels depend on lies in the memory of their device, so that work that was
/// recorded there counts on whenever it is replayed.
struct Increment {
    std::int64_t* counter;  ///< one element
    std::int64_t by;
};

void increment(Device device, const Increment& args);

namespace cpu {
void increment(const Increment& args);
}

namespace cuda {
void increment(const Increment& args);
}

namespace emulated {
void increment(const Increment& args);
}

}  // namespace kernels
