#include "engine/optim/adam.h"

#include "engine/error.h"
#include "engine/profile.h"

namespace engine::optim {

Adam::Adam(nn::NamedTensors parameters, const AdamOptions& adam_options)
    : Optimizer(std::move(parameters)),
      options(adam_options),
      steps_(zeros({}, DType::int64, device())),
      m_(zeros_like_parameters()),
      v_(zeros_like_parameters()),
      table_(device(), parameters_.size()) {
    const auto is_rate = [](double value) { return value >= 0 && value < 1; };
    if (!(options.lr >= 0) || !is_rate(options.beta1) || !is_rate(options.beta2) || !(options.eps >= 0) ||
        !(options.weight_decay >= 0))
        throw UsageError("options out of range", "in Adam",
                         "lr, eps and weight_decay are 0 or more, betas in [0, 1)");
}

void Adam::refresh() {
    table_.bring({lr(), options.beta1, options.beta2, options.eps, options.weight_decay, options.decoupled});
}

void Adam::step() {
    const LayerScope scope("optimizer");
    refresh();
    table_.bring(table_of<Array>([&](Array& array, std::size_t i) {
        array.m = m_[i].data();
        array.v = v_[i].data();
    }));
    kernels::adam(device(), {table_.all(), table_.settings(), steps_.data<std::int64_t>()});
}

nn::NamedTensors Adam::state() const {
    nn::NamedTensors result{{"step", steps_}};
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        result.emplace_back("m." + parameters_[i].first, m_[i]);
        result.emplace_back("v." + parameters_[i].first, v_[i]);
    }
    return result;
}

}  // namespace engine::optim
