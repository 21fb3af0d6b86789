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

void Sgd::refresh() { table_.bring({lr(), options.momentum, options.weight_decay}); }

void Sgd::step() {
    const LayerScope scope("optimizer");
    refresh();
    table_.bring(table_of<Array>([&](Array& array, std::size_t i) { array.velocity = velocity_[i].data(); }));
    kernels::sgd(device(), {table_.all(), table_.settings()});
}

nn::NamedTensors Sgd::state() const {
    nn::NamedTensors result;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        result.emplace_back("velocity." + parameters_[i].first, velocity_[i]);
    return result;
}

}  // namespace engine::optim
