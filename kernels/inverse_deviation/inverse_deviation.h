#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// out[i] = 1 / sqrt(variance[i] + epsilon): what a batch norm multiplies with whose statistics are given.
template <typename T>
struct InverseDeviation {
    T* out;
    const T* variance;
    T epsilon;
    std::int64_t size;
};

void inverse_deviation(Device device, const InverseDeviation<float>& args);

namespace cpu {
void inverse_deviation(const InverseDeviation<float>& args);
}

namespace cuda {
void inverse_deviation(const InverseDeviation<float>& args);
}

namespace emulated {
void inverse_deviation(const InverseDeviation<float>& args);
}

}  // namespace kernels
