#pragma once

#include "engine/nn/module.h"

namespace engine::nn {

/// Maximum over square windows; stride 0 means the window's size.
class MaxPool2d : public Layer {
  public:
    explicit MaxPool2d(std::int64_t kernel_size, std::int64_t stride = 0)
        : kernel_size_(kernel_size), stride_(stride) {}
    Tensor forward(const Tensor& x) override;

  private:
    std::int64_t kernel_size_, stride_;
};

/// Mean over bins, chosen so that the output has the given size whatever the input's.
class AdaptiveAvgPool2d : public Layer {
  public:
    AdaptiveAvgPool2d(std::int64_t height, std::int64_t width) : height_(height), width_(width) {}
    Tensor forward(const Tensor& x) override;

  private:
    std::int64_t height_, width_;
};

}  // namespace engine::nn
