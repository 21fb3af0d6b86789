#pragma once

#include <cmath>

#include "kernels/adam/adam.h"

namespace kernels {

/// What a step of Adam needs beside its arrays: computed in double, as torch.optim.Adam does, and rounded
/// once.
template <typename T>
struct AdamScalars {
    T beta2, one_minus_beta1, one_minus_beta2, weight_decay, epsilon;
    T step_size;         ///< lr / (1 - beta1^step)
    T root_correction2;  ///< sqrt(1 - beta2^step)

    explicit AdamScalars(const Adam<T>& args)
        : beta2(static_cast<T>(args.beta2)),
          one_minus_beta1(static_cast<T>(1 - args.beta1)),
          one_minus_beta2(static_cast<T>(1 - args.beta2)),
          weight_decay(static_cast<T>(args.weight_decay)),
          epsilon(static_cast<T>(args.epsilon)),
          step_size(static_cast<T>(args.lr / (1 - std::pow(args.beta1, static_cast<double>(args.step))))),
          root_correction2(
              static_cast<T>(std::sqrt(1 - std::pow(args.beta2, static_cast<double>(args.step))))) {}
};

}  // namespace kernels
