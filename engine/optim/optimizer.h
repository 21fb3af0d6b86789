#pragma once

#include <string_view>
#include <vector>

#include "engine/nn/module.h"

namespace engine::optim {

/// What an optimiser's options are multiplied by for some of the parameters.
struct ParameterFactors {
    double lr = 1, weight_decay = 1;
};

/// Changes parameters by their gradients.
class Optimizer {
  public:
    /// Sets memory aside for the gradients. Throws UsageError if a parameter does not require any, or if not
    /// all are on one device.
    explicit Optimizer(nn::NamedTensors parameters);
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// One update of every parameter that has a gradient.
    virtual void step() = 0;
    /// To be called before a step() that was recorded (kernels/common/runtime.h) is replayed: what was
    /// changed on the host meanwhile, such as the learning rate, goes to where kernels find it.
    virtual void refresh() = 0;
    /// To be called after each step(), also one that was replayed: for what is not done in every step.
    virtual void after_step() {}
    /// Forgets all gradients, but not their memory: the next backward begins anew.
    void zero_grad() const;

    /// The learning rate; may change between steps.
    virtual double& lr() = 0;
    /// From now on, all parameters whose names end with `suffix`, like "norm.bias", have this factor. Throws
    /// UsageError if there is none, or if the factor is not finite or below 0.
    virtual void set_factor(std::string_view suffix, double ParameterFactors::*which, double factor);

    const nn::NamedTensors& parameters() const { return parameters_; }

    /// All that a later step depends on besides parameters and gradients: live tensors, by name.
    virtual nn::NamedTensors state() const = 0;
    /// Copies a state of that kind in. Throws UsageError, before anything is changed, if it does not fit.
    void load_state(const nn::NamedTensors& saved);

  protected:
    /// Where the parameters are; the CPU if there are none.
    Device device() const;
    /// Zeros like each of the parameters.
    std::vector<Tensor> zeros_like_parameters() const;

    nn::NamedTensors parameters_;
    std::vector<ParameterFactors> factors_;  ///< one per parameter
};

}  // namespace engine::optim
