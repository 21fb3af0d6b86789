#pragma once

#include "engine/tensor.h"

namespace engine {

/// Mean over bins of x (N, H, W, C), chosen so that the output is (N, out_height, out_width, C), with
/// PyTorch's bin edges. Throws UsageError if the output would be empty.
Tensor adaptive_avg_pool(const Tensor& x, std::int64_t out_height, std::int64_t out_width);

}  // namespace engine
