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

    /// From the next step on, the learning rate is that of the options times `scale`, as a schedule says; 1
    /// at first.
    virtual void set_lr_scale(double scale) { lr_scale_ = scale; }
    /// The learning rate of the next step, without the factors of single parameters.
    virtual double lr() const = 0;
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
    /// The parameters that have a gradient, as a kernel takes them that changes all at once. What is the same
    /// for every optimiser is filled in, the rest by add(array, i) for the i-th parameter.
    template <typename Array, typename Add>
    std::vector<Array> table_of(const Add& add) const;

    nn::NamedTensors parameters_;
    std::vector<ParameterFactors> factors_;  ///< one per parameter
    double lr_scale_ = 1;
};

template <typename Array, typename Add>
std::vector<Array> Optimizer::table_of(const Add& add) const {
    std::vector<Array> table;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Tensor& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        Array array{};
        array.parameter = parameter.data();
        array.gradient = parameter.grad().data();
        array.size = parameter.numel();
        array.begin = begin;
        array.lr_factor = static_cast<float>(factors_[i].lr);
        array.decay_factor = static_cast<float>(factors_[i].weight_decay);
        add(array, i);
        table.push_back(array);
        begin += array.size;
    }
    return table;
}

}  // namespace engine::optim
