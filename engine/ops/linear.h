#pragma once

#include "engine/tensor.h"

namespace engine {

/// x weight^T + bias: (N, in) by (out, in) gives (N, out). bias (out) may be undefined.
/// Throws UsageError if the shapes do not fit.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace engine
