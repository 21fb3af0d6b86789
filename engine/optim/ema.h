#pragma once

#include <memory>

#include "engine/optim/wrapper.h"

namespace engine::optim {

/// An exponential moving average of a network beside the one that is trained (Polyak and Juditsky,
/// "Acceleration of stochastic approximation by averaging", 1992): after each step of the optimiser within,
/// every parameter and running statistic of `average` goes the share 1 - decay of the way to that of `model`;
/// counters are copied. As torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay) and
/// use_buffers, but for its first step, which that copies.
class Ema : public Wrapper {
  public:
    /// `average` is a network like `model`, on the same device; it begins as a copy. Throws UsageError unless
    /// 0 < decay < 1, or if the two differ.
    Ema(std::unique_ptr<Optimizer> optimizer, const nn::Module& average, const nn::Module& model,
        double decay);

    void after_step() override;
    /// The state of the optimiser within, then "ema.<name>" of all that is averaged.
    nn::NamedTensors state() const override;

  private:
    nn::NamedTensors average_, model_;
    float way_;
};

}  // namespace engine::optim
