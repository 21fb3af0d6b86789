#pragma once

#include "engine/tensor.h"

namespace engine {

/// Softmax cross-entropy of logits (N, classes) against labels (N) int64, mean over the batch, with label
/// smoothing in [0, 1]. Throws UsageError if shapes do not fit, the batch is empty, or a label is not a
/// class; on a GPU, where labels are out of sight, such a label makes the loss NaN.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, float label_smoothing = 0);

/// Throws UsageError unless there is one int64 label for each row, on the CPU also unless each is a class.
void check_labels(const Tensor& labels, std::int64_t rows, std::int64_t classes);

}  // namespace engine
