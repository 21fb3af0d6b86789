#pragma once

#include <vector>

#include "engine/optim/kernel_table.h"
#include "engine/optim/optimizer.h"
#include "kernels/sgd/sgd.h"

namespace engine::optim {

struct SgdOptions {
    double lr = 0.1;
    double momentum = 0.9;    ///< Nesterov's
    double weight_decay = 0;  ///< added to the gradient
};

/// torch.optim.SGD(nesterov=True), or plain gradient descent with a momentum of 0.
class Sgd : public Optimizer {
  public:
    /// Throws UsageError for options out of range.
    Sgd(nn::NamedTensors parameters, const SgdOptions& options);

    void step() override;
    void refresh() override;
    double lr() const override { return lr_scale_ * options.lr; }
    /// "velocity.<name>" of every parameter.
    nn::NamedTensors state() const override;

    SgdOptions options;  ///< may change between steps

  private:
    using Array = kernels::SgdArray<float>;

    std::vector<Tensor> velocity_;  ///< one per parameter
    KernelTable<Array, kernels::SgdSettings> table_;
};

}  // namespace engine::optim
