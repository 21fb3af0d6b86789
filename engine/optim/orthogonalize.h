#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace engine::optim {

/// Replaces a matrix, in place, by about the nearest one whose singular values are all 1: after five rounds
/// of the quintic Newton-Schulz iteration (kernels/newton_schulz/newton_schulz.h) they lie between 0.7 and
/// 1.2, but for those that were less than about a thousandth of all together. Zeros stay zeros. What is more
/// than a matrix counts as one of size(0) rows. Not recorded in the graph. Throws UsageError for a tensor of
/// fewer than two dimensions.
void orthogonalize(const Tensor& matrix, std::int64_t rounds = 5);

}  // namespace engine::optim
