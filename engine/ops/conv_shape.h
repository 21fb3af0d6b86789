#pragma once

#include <string_view>

#include "engine/tensor.h"
#include "kernels/conv2d/conv2d.h"

namespace engine {

/// The shape of a convolution of x (N, H, W, in) with weight (out, k, k, in), checked; throws UsageError
/// naming `op`.
kernels::Conv2dShape conv_shape(std::string_view op, const Tensor& x, const Tensor& weight,
                                std::int64_t stride, std::int64_t padding);

}  // namespace engine
