#pragma once

#include "engine/nn/module.h"
#include "engine/ops/flatten.h"

namespace engine::nn {

/// (N, H, W, C) to (N, C*H*W), in PyTorch's order.
class Flatten : public Layer {
  public:
    Tensor forward(const Tensor& x) override { return flatten(x); }
};

}  // namespace engine::nn
