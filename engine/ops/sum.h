#pragma once

#include "engine/tensor.h"

namespace engine {

/// The sum of all elements, a scalar.
Tensor sum(const Tensor& x);

/// Their mean; NaN for an empty tensor.
Tensor mean(const Tensor& x);

}  // namespace engine
