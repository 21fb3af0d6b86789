#pragma once

#include "engine/nn/module.h"
#include "engine/ops/batch_norm.h"

namespace engine::nn {

struct BatchNorm2dOptions {
    std::int64_t num_features;
    float eps = 1e-5F, momentum = 0.1F;
};

/// Batch normalisation of (N, H, W, num_features): by the batch's statistics in training, by running ones in
/// evaluation.
class BatchNorm2d : public Layer {
  public:
    explicit BatchNorm2d(const BatchNorm2dOptions& options);
    explicit BatchNorm2d(std::int64_t num_features) : BatchNorm2d(BatchNorm2dOptions{num_features}) {}
    Tensor forward(const Tensor& x) override;
    /// max_pool(forward(x), 2) as one op, which is faster, most of all if the moments of x are there already.
    Tensor forward_max_pool(const Tensor& x, const PartialMoments& x_moments = {});

    const BatchNorm2dOptions options;
    Tensor weight, bias;               ///< (num_features), at first 1 and 0
    Tensor running_mean, running_var;  ///< (num_features), at first 0 and 1
    Tensor num_batches_tracked;        ///< scalar int64

  private:
    /// Counts a batch of training.
    void count();
};

}  // namespace engine::nn
