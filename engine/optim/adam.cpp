#include "engine/optim/adam.h"

#include <iterator>

#include "engine/error.h"
#include "engine/profile.h"
#include "kernels/common/memory.h"

namespace engine::optim {

Adam::Adam(nn::NamedTensors parameters, const AdamOptions& adam_options)
    : Optimizer(std::move(parameters)), options(adam_options), steps_(zeros({}, DType::int64, device())) {
    const auto is_rate = [](double value) { return value >= 0 && value < 1; };
    if (!(options.lr >= 0) || !is_rate(options.beta1) || !is_rate(options.beta2) || !(options.eps >= 0) ||
        !(options.weight_decay >= 0))
        throw UsageError("options out of range", "in Adam",
                         "lr, eps and weight_decay are 0 or more, betas in [0, 1)");
    for (const auto& [name, parameter] : parameters_) {
        m_.push_back(zeros(parameter.shape(), DType::float32, parameter.device()));
        v_.push_back(zeros(parameter.shape(), DType::float32, parameter.device()));
    }
    settings_ = empty({sizeof(kernels::AdamSettings)}, DType::uint8, device());
    tables_.push_back(new_table(parameters_.size()));
}

Tensor Adam::new_table(std::size_t arrays) const {
    const std::size_t bytes = arrays * sizeof(kernels::AdamArray<float>);
    return empty({static_cast<std::int64_t>(bytes)}, DType::uint8, device());
}

std::vector<kernels::AdamArray<float>> Adam::arrays() const {
    std::vector<kernels::AdamArray<float>> result;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Tensor& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        result.push_back({parameter.data(), m_[i].data(), v_[i].data(), parameter.grad().data(),
                          parameter.numel(), begin});
        begin += parameter.numel();
    }
    return result;
}

void Adam::refresh() {
    const kernels::AdamSettings settings{options.lr, options.beta1, options.beta2, options.eps,
                                         options.weight_decay};
    if (settings_there_ == settings) return;
    kernels::copy_from_host(device(), settings_.data<std::uint8_t>(), &settings, sizeof settings);
    settings_there_ = settings;
}

void Adam::bring_table() {
    const auto table = arrays();
    if (table_there_ == table) return;
    if (table_there_) tables_.push_back(new_table(table.size()));
    kernels::copy_from_host(device(), tables_.back().data<std::uint8_t>(), table.data(),
                            table.size() * sizeof table[0]);
    table_there_ = table;
}

void Adam::step() {
    const LayerScope scope("optimizer");
    refresh();
    bring_table();
    const auto& table = *table_there_;
    const std::int64_t size = table.empty() ? 0 : table.back().begin + table.back().size;
    kernels::adam(device(),
                  {reinterpret_cast<const kernels::AdamArray<float>*>(tables_.back().data<std::uint8_t>()),
                   std::ssize(table), size,
                   reinterpret_cast<const kernels::AdamSettings*>(settings_.data<std::uint8_t>()),
                   steps_.data<std::int64_t>()});
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
