#pragma once

#include <memory>
#include <vector>

#include "engine/optim/wrapper.h"

namespace engine::optim {

/// Lookahead (Zhang et al., "Lookahead optimizer: k steps forward, 1 step back", 2019, algorithm 1): a
/// second, slow set of values follows the parameters. After every `every` steps of the optimiser within, the
/// slow values go the share `towards` of the way to the parameters, which then go on from there.
class Lookahead : public Wrapper {
  public:
    /// Throws UsageError unless every >= 1 and 0 < towards <= 1.
    Lookahead(std::unique_ptr<Optimizer> optimizer, std::int64_t every, double towards = 0.5);

    void after_step() override;
    /// The state of the optimiser within, then "lookahead.step" and "lookahead.<name>" of every parameter.
    nn::NamedTensors state() const override;

  private:
    std::int64_t every_;
    float towards_;
    Tensor steps_;              ///< scalar int64, on the CPU
    std::vector<Tensor> slow_;  ///< one per parameter
};

}  // namespace engine::optim
