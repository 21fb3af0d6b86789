#pragma once

#include "engine/tensor.h"

namespace engine {

/// Softmax cross-entropy of logits (N, classes) against labels (N) int64, mean over the batch, with label
/// smoothing in [0, 1]. Throws UsageError if shapes do not fit, the batch is empty, or a label is not a
/// class.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, float label_smoothing = 0);

}  // namespace engine
