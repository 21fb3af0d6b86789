#include "engine/optim/optimizer.h"

#include <cmath>
#include <string>

#include "engine/error.h"
#include "engine/profile.h"

namespace engine::optim {

Optimizer::Optimizer(nn::NamedTensors parameters) : parameters_(std::move(parameters)) {
    for (const auto& [name, parameter] : parameters_) {
        if (!parameter.requires_grad() || !parameter.is_leaf())
            throw UsageError("'" + name + "' is not a parameter", "in Optimizer",
                             "pass leaves with requires_grad");
        if (parameter.device() != device())
            throw UsageError("'" + name + "' is on another device than the parameters before", "in Optimizer",
                             "move the whole network with Module::to first");
        parameter.reserve_grad();
    }
    factors_.resize(parameters_.size());
}

Device Optimizer::device() const {
    return parameters_.empty() ? Device::cpu : parameters_.front().second.device();
}

void Optimizer::zero_grad() const {
    const LayerScope scope("optimizer");
    for (const auto& [name, parameter] : parameters_) parameter.zero_grad();
}

void Optimizer::set_factor(std::string_view suffix, double ParameterFactors::*which, double factor) {
    if (!(factor >= 0 && std::isfinite(factor)))
        throw UsageError("a factor of " + std::to_string(factor), "in Optimizer::set_factor",
                         "give a number of 0 or more");
    bool found = false;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].first.ends_with(suffix)) continue;
        factors_[i].*which = factor;
        found = true;
    }
    if (!found)
        throw UsageError("no parameter's name ends with '" + std::string(suffix) + "'",
                         "in Optimizer::set_factor", "give the end of a name, like norm.bias");
}

std::vector<Tensor> Optimizer::zeros_like_parameters() const {
    std::vector<Tensor> result;
    for (const auto& [name, parameter] : parameters_)
        result.push_back(zeros(parameter.shape(), DType::float32, parameter.device()));
    return result;
}

void Optimizer::load_state(const nn::NamedTensors& saved) {
    const nn::NamedTensors own = state();
    for (std::size_t i = 0; i < own.size(); ++i) {
        const auto& [name, tensor] = own[i];
        if (saved.size() != own.size() || saved[i].first != name ||
            saved[i].second.shape() != tensor.shape() || saved[i].second.dtype() != tensor.dtype())
            throw UsageError("the optimiser's state does not fit at '" + name + "'",
                             "in Optimizer::load_state",
                             "load the state of the same optimiser on the same network");
    }
    for (std::size_t i = 0; i < own.size(); ++i) own[i].second.copy_(saved[i].second);
}

}  // namespace engine::optim
