#pragma once

#include "engine/tensor.h"

namespace engine {

/// Convolution of images (N, H, W, in) with square filters (out, k, k, in) and, if defined, a bias (out); the
/// same stride and zero padding in both directions. Gives (N, (H + 2*padding - k)/stride + 1, ..., out).
/// Throws UsageError if the shapes do not fit or no output pixel remains.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, std::int64_t stride = 1,
              std::int64_t padding = 0);

}  // namespace engine
