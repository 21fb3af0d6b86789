#include "engine/optim/sgd.h"

#include "engine/error.h"
#include "engine/profile.h"

namespace engine::optim {

Sgd::Sgd(nn::NamedTensors parameters, const SgdOptions& sgd_options)
    : Optimizer(std::move(parameters)),
      options(sgd_options),
      velocity_(zeros_like_parameters()),
      table_(device(), parameters_.size()) {
    if (!(options.lr >= 0) || !(options.momentum >= 0 && options.momentum < 1) ||
        !(options.weight_decay >= 0))
        throw UsageError("options out of range", "in Sgd",
                         "lr and weight_decay are 0 or more, momentum in [0, 1)");
}

std::vector<Sgd::Array> Sgd::arrays() const {
    std::vector<Array> result;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Tensor& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        result.push_back({parameter.data(), velocity_[i].data(), parameter.grad().data(), parameter.numel(),
                          begin, static_cast<float>(factors_[i].lr),
                          static_cast<float>(factors_[i].weight_decay)});
        begin += parameter.numel();
    }
    return result;
}

void Sgd::refresh() { table_.bring({options.lr, options.momentum, options.weight_decay}); }

void Sgd::step() {
    const LayerScope scope("optimizer");
    refresh();
    table_.bring(arrays());
    kernels::sgd(device(), {table_.all(), table_.settings()});
}

nn::NamedTensors Sgd::state() const {
    nn::NamedTensors result;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        result.emplace_back("velocity." + parameters_[i].first, velocity_[i]);
    return result;
}

}  // namespace engine::optim
