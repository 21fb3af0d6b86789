#include "engine/optim/lookahead.h"

#include "engine/error.h"
#include "engine/ops/lerp.h"
#include "engine/profile.h"

namespace engine::optim {

Lookahead::Lookahead(std::unique_ptr<Optimizer> optimizer, std::int64_t every, double towards)
    : Wrapper(std::move(optimizer)),
      every_(every),
      towards_(static_cast<float>(towards)),
      steps_(zeros({}, DType::int64)) {
    if (every < 1 || !(towards > 0 && towards <= 1))
        throw UsageError("options out of range", "in Lookahead", "every is at least 1, towards in (0, 1]");
    for (const auto& [name, parameter] : parameters_) slow_.push_back(parameter.clone());
}

void Lookahead::after_step() {
    optimizer_->after_step();
    if (++*steps_.data<std::int64_t>() % every_ != 0) return;
    const LayerScope scope("optimizer");
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        lerp_in_place(slow_[i], parameters_[i].second, towards_);
        parameters_[i].second.copy_(slow_[i]);
    }
}

nn::NamedTensors Lookahead::state() const {
    nn::NamedTensors result = optimizer_->state();
    result.emplace_back("lookahead.step", steps_);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        result.emplace_back("lookahead." + parameters_[i].first, slow_[i]);
    return result;
}

}  // namespace engine::optim
