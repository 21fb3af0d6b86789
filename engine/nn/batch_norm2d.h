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
    /// max_pool(forward(x), 2) as one op, which is faster.
    Tensor forward_max_pool(const Tensor& x);

    const BatchNorm2dOptions options;
    Tensor weight, bias;               ///< (num_features), at first 1 and 0
    Tensor running_mean, running_var;  ///< (num_features), at first 0 and 1
    Tensor num_batches_tracked;        ///< scalar int64

  private:
    /// Runs batch_norm, or an op that includes it, and counts the batch.
    Tensor run(decltype(batch_norm)& op, const Tensor& x);
};

}  // namespace engine::nn
