#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/multi_array.h"

namespace kernels {

/// One array of parameters with what belongs to it.
template <typename T>
struct AdamArray {
    T* parameter;
    T* m;  ///< first moment
    T* v;  ///< second moment
    const T* gradient;
    std::int64_t size;
    std::int64_t begin;                 ///< sum of the sizes of the arrays before this one
    T lr_factor = 1, decay_factor = 1;  ///< what the settings' lr and weight_decay are multiplied by here

    bool operator==(const AdamArray&) const = default;
};

struct AdamSettings {
    double lr, beta1, beta2, epsilon, weight_decay;
    bool decoupled = false;  ///< weight decay: AdamW's

    bool operator==(const AdamSettings&) const = default;
};

/// One step of Adam (Kingma and Ba, 2015, algorithm 1) as torch.optim.Adam takes it, for each element of all
/// arrays:
///   g = gradient + weight_decay * parameter
///   m = m + (1 - beta1) * (g - m);   v = beta2 * v + (1 - beta2) * g * g
///   parameter -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
/// where `step` is first counted up by one. Decoupled, it is AdamW (Loshchilov and Hutter, 2019, algorithm 2,
/// as torch.optim.AdamW): g = gradient, and the parameter is first multiplied by 1 - lr * weight_decay.
///
/// The settings are doubles: 1 - beta^step is computed in double and rounded once. Table, settings and step
/// lie in the memory of the device like the arrays: a step that was recorded there is the next one whenever
/// it is replayed, with the settings of that time.
template <typename T>
struct Adam {
    MultiArray<AdamArray<T>> all;
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
