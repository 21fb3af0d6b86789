#pragma once

#include "engine/optim/kernel_table.h"
#include "engine/optim/wrapper.h"
#include "kernels/clip_norm/clip_norm.h"

namespace engine::optim {

/// Limits the norm of all gradients together before each step of the optimiser within, as
/// torch.nn.utils.clip_grad_norm_ does: the gradients themselves are scaled.
class Clipped : public Wrapper {
  public:
    /// Throws UsageError unless limit > 0.
    Clipped(std::unique_ptr<Optimizer> optimizer, double limit);

    void step() override;
    void refresh() override;

  private:
    using Array = kernels::ClipNormArray<float>;
    std::vector<Array> gradients() const;

    double limit_;
    KernelTable<Array, double> table_;
};

}  // namespace engine::optim
