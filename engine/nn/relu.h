#pragma once

#include "engine/nn/module.h"
#include "engine/ops/relu.h"

namespace engine::nn {

class ReLU : public Layer {
  public:
    Tensor forward(const Tensor& x) override { return relu(x); }
};

}  // namespace engine::nn
