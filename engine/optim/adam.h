#pragma once

#include "engine/optim/optimizer.h"

namespace engine::optim {

struct AdamOptions {
    double lr = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0;  ///< added to the gradient, on every parameter
};

/// torch.optim.Adam (Kingma and Ba, 2015).
class Adam : public Optimizer {
  public:
    /// Throws UsageError for options out of range.
    Adam(nn::NamedTensors parameters, const AdamOptions& options);

    void step() override;
    /// "step", then "m.<name>" and "v.<name>" of every parameter.
    nn::NamedTensors state() const override;

    AdamOptions options;

  private:
    Tensor steps_;               ///< scalar int64
    std::vector<Tensor> m_, v_;  ///< moments, one per parameter
};

}  // namespace engine::optim
