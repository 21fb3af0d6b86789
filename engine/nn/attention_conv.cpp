#include "engine/nn/attention_conv.h"

#include <algorithm>
#include <span>

#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/flatten.h"
#include "engine/ops/relu.h"

namespace engine::nn {

AttentionConv::AttentionConv(std::int64_t in_channels, std::int64_t out_channels) {
    const Conv2dOptions options{in_channels, out_channels, 3, 1, 1};
    attention = register_module("attention", std::make_shared<Linear>(in_channels, kernels::branches));
    conv1 = register_module("conv1", std::make_shared<Conv2d>(options));
    conv2 = register_module("conv2", std::make_shared<Conv2d>(options));
    conv3 = register_module("conv3", std::make_shared<Conv2d>(options));
}

Tensor AttentionConv::attend(const Tensor& x) const {
    return relu((*attention)(flatten(adaptive_avg_pool(x, 1, 1))));
}

void AttentionConv::keep_branches(std::int64_t count) const {
    const Tensor weight = attention->weight.clone().to(Device::cpu),
                 bias = attention->bias.clone().to(Device::cpu);
    const std::int64_t channels = weight.size(1);
    for (std::int64_t k = 0; k < kernels::branches; ++k) {
        const std::span<float> row = weight.values().subspan(static_cast<std::size_t>(k * channels),
                                                             static_cast<std::size_t>(channels));
        float& constant = bias.values()[static_cast<std::size_t>(k)];
        const bool left_out = constant == 0 && std::ranges::all_of(row, [](float w) { return w == 0; });
        if (k < count) {
            if (left_out) constant = 1;
        } else {
            std::ranges::fill(row, 0.0F);
            constant = 0;
        }
    }
    attention->weight.copy_(weight);
    attention->bias.copy_(bias);
}

AttentionConvWeights AttentionConv::weights() const {
    return {{conv1->weight, conv2->weight, conv3->weight}, {conv1->bias, conv2->bias, conv3->bias}};
}

AttentionConvOptions AttentionConv::conv_options() const {
    return {.stride = conv1->options.stride, .padding = conv1->options.padding, .rectified = true};
}

Tensor AttentionConv::forward(const Tensor& x) {
    return attention_conv(x, attend(x), weights(), conv_options());
}

AttentionConvResult AttentionConv::forward_with_moments(const Tensor& x) const {
    return attention_conv_with_moments(x, attend(x), weights(), conv_options());
}

}  // namespace engine::nn
