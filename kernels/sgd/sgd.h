#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/multi_array.h"

namespace kernels {

/// One array of parameters with what belongs to it.
template <typename T>
struct SgdArray {
    T* parameter;
    T* velocity;
    const T* gradient;
    std::int64_t size;
    std::int64_t begin;                 ///< sum of the sizes of the arrays before this one
    T lr_factor = 1, decay_factor = 1;  ///< what the settings' lr and weight_decay are multiplied by here

    bool operator==(const SgdArray&) const = default;
};

struct SgdSettings {
    double lr, momentum, weight_decay;

    bool operator==(const SgdSettings&) const = default;
};

/// One step of stochastic gradient descent with Nesterov's momentum (Sutskever et al., "On the importance of
/// initialization and momentum in deep learning", 2013) as torch.optim.SGD(nesterov=True) takes it, for each
/// element of all arrays:
///   g = gradient + weight_decay * parameter
///   velocity = momentum * velocity + g
///   parameter -= lr * (g + momentum * velocity)
/// Velocities are 0 at first. Table and settings lie in the memory of the device like the arrays, as they do
/// for Adam (kernels/adam/adam.h).
template <typename T>
struct Sgd {
    MultiArray<SgdArray<T>> all;
    const SgdSettings* settings;
};

void sgd(Device device, const Sgd<float>& args);

namespace reference {
template <typename T>
void sgd(const Sgd<T>& args);
}

namespace cpu {
void sgd(const Sgd<float>& args);
}

namespace cuda {
void sgd(const Sgd<float>& args);
}

namespace emulated {
void sgd(const Sgd<float>& args);
}

/// The settings as one array needs them, rounded once.
template <typename T>
struct SgdScalars {
    T lr, momentum, decay;
};

/// A constant expression only so that kernels may call it, too.
template <typename T>
constexpr SgdScalars<T> sgd_scalars(const SgdSettings& settings, const SgdArray<T>& array) {
    return {static_cast<T>(settings.lr) * array.lr_factor, static_cast<T>(settings.momentum),
            static_cast<T>(settings.weight_decay) * array.decay_factor};
}

}  // namespace kernels
