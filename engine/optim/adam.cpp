#include "kernels/adam/adam.h"

#include "engine/error.h"
#include "engine/optim/adam.h"
#include "engine/profile.h"

namespace engine::optim {

Adam::Adam(nn::NamedTensors parameters, const AdamOptions& adam_options)
    : Optimizer(std::move(parameters)), options(adam_options), steps_(zeros({}, DType::int64)) {
    const auto is_rate = [](double value) { return value >= 0 && value < 1; };
    if (!(options.lr >= 0) || !is_rate(options.beta1) || !is_rate(options.beta2) || !(options.eps >= 0) ||
        !(options.weight_decay >= 0))
        throw UsageError("options out of range", "in Adam",
                         "lr, eps and weight_decay are 0 or more, betas in [0, 1)");
    for (const auto& [name, parameter] : parameters_) {
        m_.push_back(zeros(parameter.shape(), DType::float32, parameter.device()));
        v_.push_back(zeros(parameter.shape(), DType::float32, parameter.device()));
    }
}

void Adam::step() {
    const LayerScope scope("optimizer");
    const std::int64_t step = ++*steps_.data<std::int64_t>();
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Tensor& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        kernels::adam(parameter.device(), {parameter.data(), m_[i].data(), v_[i].data(),
                                           parameter.grad().data(), options.lr, options.beta1, options.beta2,
                                           options.eps, options.weight_decay, step, parameter.numel()});
    }
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
