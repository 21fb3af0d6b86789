#pragma once

#include "engine/random.h"
#include "engine/tensor.h"

namespace engine::nn {

/// A new tensor, uniform in [-bound, bound).
Tensor uniform(const Shape& shape, float bound, Generator& generator = default_generator());

/// PyTorch's default for weights and biases of Linear and Conv2d: uniform with bound 1/sqrt(fan_in), fan_in
/// being the number of inputs one output sums over. (He et al., 2015, with the negative slope sqrt(5) that
/// PyTorch inherited.)
Tensor default_init(const Shape& shape, std::int64_t fan_in, Generator& generator = default_generator());

}  // namespace engine::nn
