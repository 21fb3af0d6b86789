#pragma once

#include "engine/tensor.h"
#include "kernels/max_pool/max_pool.h"

namespace engine {

/// Maximum over square windows of x (N, H, W, C), without padding; stride 0 means the window's size. Rows and
/// columns that fill no whole window are left out. Ties go to the first element in row-major order; NaN
/// propagates. Throws UsageError if the window is larger than the image, or 256 elements.
Tensor max_pool(const Tensor& x, std::int64_t window, std::int64_t stride = 0);

/// For ops that include max_pool: its shape, checked as it does, in its name.
kernels::MaxPoolShape max_pool_shape(const Tensor& x, std::int64_t window, std::int64_t stride);

}  // namespace engine
