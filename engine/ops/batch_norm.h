#pragma once

#include "engine/tensor.h"

namespace engine {

/// Statistics that batch_norm keeps beside its parameters.
struct RunningStatistics {
    Tensor mean, var;  ///< each (C)
};

/// Normalises x (..., C) over all but the last dimension, then scales by weight (C) and shifts by bias (C).
/// training: with this batch's mean and variance, and `running` moves towards them by `momentum`;
/// otherwise with `running` itself. Throws UsageError if shapes do not fit or a training batch has one value
/// per channel.
Tensor batch_norm(const Tensor& x, const RunningStatistics& running, const Tensor& weight, const Tensor& bias,
                  bool training, float momentum = 0.1F, float epsilon = 1e-5F);

}  // namespace engine
