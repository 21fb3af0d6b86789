#pragma once

#include "engine/tensor.h"

namespace engine {

/// x + alpha * y, broadcast. Throws UsageError if the shapes do not fit together.
Tensor add(const Tensor& x, const Tensor& y, float alpha = 1);

}  // namespace engine
