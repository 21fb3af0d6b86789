#pragma once

#include "engine/random.h"
#include "engine/tensor.h"

namespace engine {

/// Sets each element to zero with the given probability and scales the others by 1 / (1 - probability): the
/// expected value stays. The mask is drawn from `random`. Throws UsageError for a probability outside [0, 1].
Tensor dropout(const Tensor& x, double probability, const RandomStream& random);

}  // namespace engine
