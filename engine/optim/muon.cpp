#include "engine/optim/muon.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/optim/orthogonalize.h"
#include "engine/profile.h"

namespace engine::optim {
namespace {

/// Of the step of such a parameter, so that its effect does not depend on the parameter's shape.
float step_length(const Tensor& parameter) {
    const auto rows = static_cast<double>(parameter.size(0));
    const double columns = static_cast<double>(parameter.numel()) / rows;
    return static_cast<float>(std::sqrt(std::max(1.0, rows / columns)));
}

}  // namespace

Muon::Muon(nn::NamedTensors parameters, const MuonOptions& muon_options)
    : Optimizer(std::move(parameters)),
      options(muon_options),
      velocity_(zeros_like_parameters()),
      direction_(zeros_like_parameters()),
      table_(device(), parameters_.size()) {
    if (!(options.lr >= 0) || !(options.momentum >= 0 && options.momentum < 1) ||
        !(options.weight_decay >= 0))
        throw UsageError("options out of range", "in Muon",
                         "lr and weight_decay are 0 or more, momentum in [0, 1)");
    for (const auto& [name, parameter] : parameters_)
        if (parameter.shape().rank() < 2 || parameter.numel() == 0)
            throw UsageError("'" + name + "' is no matrix", "in Muon",
                             "give it to another optimiser, beside this one in Combined");
}

void Muon::refresh() { table_.bring({lr(), options.momentum, options.weight_decay}); }

void Muon::step() {
    const LayerScope scope("optimizer");
    refresh();
    table_.bring(table_of<Array>([&](Array& array, std::size_t i) {
        array.velocity = velocity_[i].data();
        array.direction = direction_[i].data();
        array.length = step_length(parameters_[i].second);
    }));
    kernels::muon_direction(device(), {table_.all(), table_.settings()});
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        if (parameters_[i].second.grad().defined()) orthogonalize(direction_[i]);
    kernels::muon_step(device(), {table_.all(), table_.settings()});
}

nn::NamedTensors Muon::state() const {
    nn::NamedTensors result;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        result.emplace_back("velocity." + parameters_[i].first, velocity_[i]);
    return result;
}

}  // namespace engine::optim
