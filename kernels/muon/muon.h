#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/multi_array.h"

namespace kernels {

/// One array of parameters with what belongs to it.
template <typename T>
struct MuonArray {
    T* parameter;
    T* velocity;
    T* direction;
    const T* gradient;
    std::int64_t size;
    std::int64_t begin;                 ///< sum of the sizes of the arrays before this one
    T lr_factor = 1, decay_factor = 1;  ///< what the settings' lr and weight_decay are multiplied by here
    T length = 1;                       ///< what the direction is multiplied by besides

    bool operator==(const MuonArray&) const = default;
};

struct MuonSettings {
    double lr, momentum, weight_decay;

    bool operator==(const MuonSettings&) const = default;
};

/// What Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024) does to each
/// element as torch.optim.Muon takes it, for all arrays: before their directions are orthogonalised, as
/// matrices (kernels/newton_schulz), and after. Table and settings lie in the memory of the device like the
/// arrays, as they do for Adam (kernels/adam/adam.h).
///
/// Before: momentum, and Nesterov's look ahead.
///   velocity += (1 - momentum) * (gradient - velocity)
///   direction = gradient + momentum * (velocity - gradient)
/// Velocities are 0 at first.
template <typename T>
struct MuonDirection {
    MultiArray<MuonArray<T>> all;
    const MuonSettings* settings;
};

/// After: the step along the directions, with decoupled weight decay.
///   parameter -= lr * weight_decay * parameter + lr * length * direction
template <typename T>
struct MuonStep {
    MultiArray<MuonArray<T>> all;
    const MuonSettings* settings;
};

void muon_direction(Device device, const MuonDirection<float>& args);
void muon_step(Device device, const MuonStep<float>& args);

namespace reference {
template <typename T>
void muon_direction(const MuonDirection<T>& args);
template <typename T>
void muon_step(const MuonStep<T>& args);
}  // namespace reference

namespace cpu {
void muon_direction(const MuonDirection<float>& args);
void muon_step(const MuonStep<float>& args);
}  // namespace cpu

namespace cuda {
void muon_direction(const MuonDirection<float>& args);
void muon_step(const MuonStep<float>& args);
}  // namespace cuda

namespace emulated {
void muon_direction(const MuonDirection<float>& args);
void muon_step(const MuonStep<float>& args);
}  // namespace emulated

/// The settings as one array needs them, rounded once.
template <typename T>
struct MuonScalars {
    T momentum, one_minus_momentum, shrinkage, step;
};

/// A constant expression only so that kernels may call it, too.
template <typename T>
constexpr MuonScalars<T> muon_scalars(const MuonSettings& settings, const MuonArray<T>& array) {
    const double lr = settings.lr * static_cast<double>(array.lr_factor);
    const double decay = settings.weight_decay * static_cast<double>(array.decay_factor);
    return {static_cast<T>(settings.momentum), static_cast<T>(1 - settings.momentum),
            static_cast<T>(lr * decay), static_cast<T>(lr * static_cast<double>(array.length))};
}

}  // namespace kernels
