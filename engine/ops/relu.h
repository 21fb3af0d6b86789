#pragma once

#include "engine/tensor.h"

namespace engine {

/// max(x, 0), element by element; NaN stays NaN.
Tensor relu(const Tensor& x);

}  // namespace engine
