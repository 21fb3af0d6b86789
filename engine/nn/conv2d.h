#pragma once

#include "engine/nn/module.h"

namespace engine::nn {

struct Conv2dOptions {
    std::int64_t in_channels, out_channels, kernel_size;
    std::int64_t stride = 1, padding = 0;
};

/// Convolution with bias, from (N, H, W, in_channels) to (N, H', W', out_channels).
class Conv2d : public Layer {
  public:
    explicit Conv2d(const Conv2dOptions& options);
    Tensor forward(const Tensor& x) override;

    const Conv2dOptions options;
    Tensor weight;  ///< (out_channels, kernel_size, kernel_size, in_channels)
    Tensor bias;    ///< (out_channels)
};

}  // namespace engine::nn
