#include "engine/nn/pooling.h"

#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/max_pool.h"

namespace engine::nn {

Tensor MaxPool2d::forward(const Tensor& x) { return max_pool(x, kernel_size_, stride_); }

Tensor AdaptiveAvgPool2d::forward(const Tensor& x) { return adaptive_avg_pool(x, height_, width_); }

}  // namespace engine::nn
