#pragma once

#include <string>
#include <vector>

#include "engine/nn/module.h"

namespace engine::nn {

/// Layers one after the other, named "0", "1", ...
class Sequential : public Layer {
  public:
    Sequential() = default;

    /// Appends a layer and returns it.
    template <typename L>
    std::shared_ptr<L> push_back(std::shared_ptr<L> layer) {
        layers_.push_back(register_module(std::to_string(layers_.size()), layer));
        return layer;
    }

    Tensor forward(const Tensor& x) override {
        Tensor out = x;
        for (const auto& layer : layers_) out = (*layer)(out);
        return out;
    }

    std::size_t size() const { return layers_.size(); }
    const std::shared_ptr<Layer>& operator[](std::size_t index) const { return layers_.at(index); }

  private:
    std::vector<std::shared_ptr<Layer>> layers_;
};

/// sequential(std::make_shared<Linear>(4, 8), std::make_shared<ReLU>(), ...).
template <typename... Layers>
std::shared_ptr<Sequential> sequential(std::shared_ptr<Layers>... layers) {
    auto result = std::make_shared<Sequential>();
    (result->push_back(std::move(layers)), ...);
    return result;
}

}  // namespace engine::nn
