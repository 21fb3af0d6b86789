#pragma once

#include <vector>

#include "engine/optim/kernel_table.h"
#include "engine/optim/optimizer.h"
#include "kernels/adam/adam.h"

namespace engine::optim {

struct AdamOptions {
    double lr = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0;
    /// Weight decay: on the parameter itself (AdamW) instead of in the gradient (L2).
    bool decoupled = false;
};

/// torch.optim.Adam (Kingma and Ba, 2015) or, decoupled, torch.optim.AdamW (Loshchilov and Hutter, 2019).
class Adam : public Optimizer {
  public:
    /// Throws UsageError for options out of range.
    Adam(nn::NamedTensors parameters, const AdamOptions& options);

    void step() override;
    void refresh() override;
    double lr() const override { return lr_scale_ * options.lr; }
    /// "step", then "m.<name>" and "v.<name>" of every parameter.
    nn::NamedTensors state() const override;

    AdamOptions options;  ///< may change between steps

  private:
    using Array = kernels::AdamArray<float>;

    Tensor steps_;               ///< scalar int64
    std::vector<Tensor> m_, v_;  ///< moments, one per parameter
    KernelTable<Array, kernels::AdamSettings> table_;
};

}  // namespace engine::optim
