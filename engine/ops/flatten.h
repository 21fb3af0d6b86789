#pragma once

#include "engine/tensor.h"

namespace engine {

/// (N, H, W, C) to (N, C*H*W) in PyTorch's order, channel first, so that weights made for one fit the other.
/// Where H = W = 1 nothing has to move and the result shares x's storage.
Tensor flatten(const Tensor& x);

}  // namespace engine
