#pragma once

#include "engine/tensor.h"

namespace engine {

/// Moves x the share `weight` of the way towards another tensor of its shape, in place; not recorded in the
/// graph. Throws UsageError if shapes or devices differ, or if the weight is not in [0, 1].
void lerp_in_place(const Tensor& x, const Tensor& towards, float weight);

}  // namespace engine
