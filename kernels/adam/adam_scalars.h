#pragma once

#include <cmath>

#include "kernels/adam/adam.h"

namespace kernels {

/// What a step of Adam needs beside its arrays: computed in double, as torch.optim.Adam does, and rounded
/// once.
template <typename T>
struct AdamScalars {
    T beta2, one_minus_beta1, one_minus_beta2, epsilon;
    T decay;             ///< weight_decay in the gradient; 0 if it is decoupled
    T shrinkage;         ///< what a decoupled one takes off the parameter, as a share; 0 if it is not
    T step_size;         ///< lr / (1 - beta1^step)
    T root_correction2;  ///< sqrt(1 - beta2^step)
};

/// `step` counts from 1. A constant expression only so that kernels may call it, too.
template <typename T>
constexpr AdamScalars<T> adam_scalars(const AdamSettings& settings, std::int64_t step) {
    const auto count = static_cast<double>(step);
    return {static_cast<T>(settings.beta2),
            static_cast<T>(1 - settings.beta1),
            static_cast<T>(1 - settings.beta2),
            static_cast<T>(settings.epsilon),
            static_cast<T>(settings.decoupled ? 0 : settings.weight_decay),
            static_cast<T>(settings.decoupled ? settings.lr * settings.weight_decay : 0),
            static_cast<T>(settings.lr / (1 - std::pow(settings.beta1, count))),
            static_cast<T>(std::sqrt(1 - std::pow(settings.beta2, count)))};
}

/// The same for one of the arrays, by its factors.
template <typename T>
constexpr AdamScalars<T> scalars_of(const AdamArray<T>& array, AdamScalars<T> s) {
    s.decay *= array.decay_factor;
    s.shrinkage *= array.decay_factor * array.lr_factor;
    s.step_size *= array.lr_factor;
    return s;
}

}  // namespace kernels
