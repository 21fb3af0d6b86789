#pragma once

#include "engine/nn/module.h"

namespace engine::nn {

/// Drops elements in training, does nothing in evaluation. Each call draws a new mask from the default
/// generator.
class Dropout : public Layer {
  public:
    /// Throws UsageError for a probability outside [0, 1].
    explicit Dropout(double probability = 0.5);
    Tensor forward(const Tensor& x) override;

  private:
    double probability_;
};

}  // namespace engine::nn
