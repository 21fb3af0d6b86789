#include "engine/optim/ema.h"

#include "engine/error.h"
#include "engine/ops/lerp.h"
#include "engine/profile.h"

namespace engine::optim {

Ema::Ema(std::unique_ptr<Optimizer> optimizer, const nn::Module& average, const nn::Module& model,
         double decay)
    : Wrapper(std::move(optimizer)),
      average_(average.state_dict()),
      model_(model.state_dict()),
      way_(static_cast<float>(1 - decay)) {
    if (!(decay > 0 && decay < 1))
        throw UsageError("a decay of " + std::to_string(decay), "in Ema", "give a number between 0 and 1");
    if (average_.size() != model_.size())
        throw UsageError("the two networks differ", "in Ema", "make both with the same options");
    for (std::size_t i = 0; i < model_.size(); ++i) average_[i].second.copy_(model_[i].second);
}

void Ema::after_step() {
    Wrapper::after_step();
    const LayerScope scope("optimizer");
    for (std::size_t i = 0; i < model_.size(); ++i) {
        const Tensor& value = model_[i].second;
        if (value.dtype() == DType::float32)
            lerp_in_place(average_[i].second, value, way_);
        else
            average_[i].second.copy_(value);
    }
}

nn::NamedTensors Ema::state() const {
    nn::NamedTensors result = Wrapper::state();
    for (const auto& [name, tensor] : average_) result.emplace_back("ema." + name, tensor);
    return result;
}

}  // namespace engine::optim
