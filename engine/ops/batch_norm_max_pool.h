#pragma once

#include "engine/ops/batch_norm.h"
#include "engine/tensor.h"

namespace engine {

/// max_pool(batch_norm(x, ...), 2) for x (N, H, W, C), and the same gradients, without either op's large
/// tensors between them: (N, H/2, W/2, C). Throws what those two ops throw, before anything is changed.
/// x_moments: of x, from the op that made it; used in training.
Tensor batch_norm_max_pool(const Tensor& x, const RunningStatistics& running, const Tensor& weight,
                           const Tensor& bias, bool training, float momentum = 0.1F, float epsilon = 1e-5F,
                           const PartialMoments& x_moments = {});

}  // namespace engine
