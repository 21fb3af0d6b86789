#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// One array of parameters with what belongs to it.
template <typename T>
struct AdamArray {
    T* parameter;
    T* m;  ///< first moment
    T* v;  ///< second moment
    const T* gradient;
    std::int64_t size;
    std::int64_t begin;  ///< sum of the sizes of the arrays before this one

    bool operator==(const AdamArray&) const = default;
};

struct AdamSettings {
    double lr, beta1, beta2, epsilon, weight_decay;

    bool operator==(const AdamSettings&) const = default;
};

/// One step of Adam (Kingma and Ba, 2015, algorithm 1) as torch.optim.Adam takes it, weight decay added to
/// the gradient (L2, not AdamW's), for each element of all arrays:
///   g = gradient + weight_decay * parameter
///   m = m + (1 - beta1) * (g - m);   v = beta2 * v + (1 - beta2) * g * g
///   parameter -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
/// where `step` is first counted up by one. The settings are doubles: 1 - beta^step is computed in double and
/// rounded once. Table, settings and step lie in the memory of the device like the arrays: a step that was
/// recorded there is the next one whenever it is replayed, with the settings of that time.
template <typename T>
struct Adam {
    const AdamArray<T>* arrays;
    std::int64_t array_count;
    std::int64_t size;  ///< of all arrays together
    const AdamSettings* settings;
    std::int64_t* step;  ///< steps before this one
};

void adam(Device device, const Adam<float>& args);

namespace reference {
template <typename T>
void adam(const Adam<T>& args);
}

namespace cpu {
void adam(const Adam<float>& args);
}

namespace cuda {
void adam(const Adam<float>& args);
}

namespace emulated {
void adam(const Adam<float>& args);
}

}  // namespace kernels
