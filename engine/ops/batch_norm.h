#pragma once

#include "engine/tensor.h"

namespace engine {

/// Statistics that batch_norm keeps beside its parameters.
struct RunningStatistics {
    Tensor mean, var;  ///< each (C)
};

/// What the op that made x (..., C) found out about it on the way, so that a batch norm in training need not
/// read x for its statistics. Empty where a device does not find out, as on the CPU.
struct PartialMoments {
    Tensor moments;  ///< (parts, 2, C), see kernels::PartialMoments; undefined if there are none
    std::int64_t rows_per_part = 0;
};

/// Normalises x (..., C) over all but the last dimension, then scales by weight (C) and shifts by bias (C).
/// training: with this batch's mean and variance, and `running` moves towards them by `momentum`;
/// otherwise with `running` itself. Throws UsageError if shapes do not fit or a training batch has one value
/// per channel.
Tensor batch_norm(const Tensor& x, const RunningStatistics& running, const Tensor& weight, const Tensor& bias,
                  bool training, float momentum = 0.1F, float epsilon = 1e-5F);

/// For ops that include batch_norm: its checks, which throw in its name, and the number of rows it
/// normalises.
std::int64_t check_batch_norm(const Tensor& x, const RunningStatistics& running, const Tensor& weight,
                              const Tensor& bias, bool training);

/// 1 / sqrt(var + epsilon) for a backward in evaluation mode, where it is a constant.
Tensor inverse_deviation(const Tensor& var, float epsilon);

}  // namespace engine
