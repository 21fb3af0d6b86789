#pragma once

#include "engine/tensor.h"

namespace engine {

/// x * y, element by element, broadcast. Throws UsageError if the shapes do not fit together.
Tensor mul(const Tensor& x, const Tensor& y);

}  // namespace engine
