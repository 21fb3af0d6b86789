#pragma once

#include <memory>

#include "engine/optim/optimizer.h"

namespace engine::optim {

/// An optimiser around another one: all that a derived class does not change is done by the one within.
class Wrapper : public Optimizer {
  public:
    explicit Wrapper(std::unique_ptr<Optimizer> optimizer)
        : Optimizer(optimizer->parameters()), optimizer_(std::move(optimizer)) {}

    void step() override { optimizer_->step(); }
    void refresh() override { optimizer_->refresh(); }
    void after_step() override { optimizer_->after_step(); }
    void set_lr_scale(double scale) override { optimizer_->set_lr_scale(scale); }
    double lr() const override { return optimizer_->lr(); }
    void set_factor(std::string_view suffix, double ParameterFactors::*which, double factor) override {
        optimizer_->set_factor(suffix, which, factor);
    }
    nn::NamedTensors state() const override { return optimizer_->state(); }

  protected:
    std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace engine::optim
