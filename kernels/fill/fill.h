#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// out[i] = value.
template <typename T>
struct Fill {
    T* out;
    T value;
    std::int64_t size;
};

void fill(Device device, const Fill<float>& args);

namespace reference {
template <typename T>
void fill(const Fill<T>& args);
}

namespace cpu {
void fill(const Fill<float>& args);
}

namespace cuda {
void fill(const Fill<float>& args);
}

namespace emulated {
void fill(const Fill<float>& args);
}

}  // namespace kernels
