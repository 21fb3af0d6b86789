#pragma once

#include <memory>
#include <vector>

#include "engine/optim/optimizer.h"

namespace engine::optim {

/// Several optimisers as one, each for parameters of its own.
class Combined : public Optimizer {
  public:
    /// At least one.
    explicit Combined(std::vector<std::unique_ptr<Optimizer>> optimizers);

    void step() override;
    void refresh() override;
    void after_step() override;
    void set_lr_scale(double scale) override;
    /// The first one's.
    double lr() const override;
    void set_factor(std::string_view suffix, double ParameterFactors::*which, double factor) override;
    /// One optimiser's after the other's.
    nn::NamedTensors state() const override;

  private:
    std::vector<std::unique_ptr<Optimizer>> optimizers_;
};

}  // namespace engine::optim
