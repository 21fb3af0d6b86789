#pragma once

#include <optional>
#include <vector>

#include "engine/optim/optimizer.h"
#include "kernels/adam/adam.h"

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
    void refresh() override;
    /// "step", then "m.<name>" and "v.<name>" of every parameter.
    nn::NamedTensors state() const override;

    AdamOptions options;  ///< may change between steps

  private:
    /// The parameters that have a gradient, as the kernel takes them.
    std::vector<kernels::AdamArray<float>> arrays() const;
    Tensor new_table(std::size_t arrays) const;
    void bring_table();

    Tensor steps_;               ///< scalar int64
    std::vector<Tensor> m_, v_;  ///< moments, one per parameter
    // What the kernel reads on the device, and what was last brought there. Of the tables the last is in use;
    // steps that were recorded may still read those before.
    std::vector<Tensor> tables_;
    Tensor settings_;
    std::optional<std::vector<kernels::AdamArray<float>>> table_there_;
    std::optional<kernels::AdamSettings> settings_there_;
};

}  // namespace engine::optim
