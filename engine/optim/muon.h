#pragma once

#include <vector>

#include "engine/optim/kernel_table.h"
#include "engine/optim/optimizer.h"
#include "kernels/muon/muon.h"

namespace engine::optim {

struct MuonOptions {
    double lr = 1e-3;
    double momentum = 0.95;     ///< Nesterov's
    double weight_decay = 0.1;  ///< on the parameter itself, as AdamW's
};

/// torch.optim.Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024): of the
/// momentum, seen as a matrix, all singular values are made about 1 (orthogonalize.h), so that a step goes as
/// far in rare directions as in common ones; times sqrt(rows / columns) where there are more rows than
/// columns. For matrices and for the filters of convolutions, which count as a row each; other parameters
/// need another optimiser beside it (combined.h).
class Muon : public Optimizer {
  public:
    /// Throws UsageError for options out of range and for parameters of fewer than two dimensions.
    Muon(nn::NamedTensors parameters, const MuonOptions& options);

    void step() override;
    void refresh() override;
    double lr() const override { return lr_scale_ * options.lr; }
    /// "velocity.<name>" of every parameter.
    nn::NamedTensors state() const override;

    MuonOptions options;  ///< may change between steps

  private:
    using Array = kernels::MuonArray<float>;

    std::vector<Tensor> velocity_, direction_;  ///< one per parameter
    KernelTable<Array, kernels::MuonSettings> table_;
};

}  // namespace engine::optim
