#include <algorithm>

#include "kernels/attention_conv/winograd_gradients.h"

namespace kernels::cpu::winograd {

const float* transform_all_filters(const AttentionConvBackward<float>& args, const Plan& plan,
                                   const Participants& participants, const Layout& layout) {
    const std::int64_t size = layout.size(plan.tiling);
    float* filters = scratch<0>(branches * size);
    const Cut cut(args.shape.out_channels, 8);
    parallel_for(branches * cut.count, [&](std::int64_t item) {
        const std::int64_t k = item / cut.count, piece = item % cut.count;
        if (!participants.any(k)) return;
        transform_filters_transposed(layout.at(filters + k * size), args.weight[static_cast<std::size_t>(k)],
                                     args.shape, plan.tiling.whole_image, cut.begin(piece),
                                     cut.length(piece));
    });
    return filters;
}

FilterGradientParts::FilterGradientParts(const AttentionConvBackward<float>& args,
                                         const Participants& participants, std::int64_t parts)
    : args_(args), branches_(participants.taking_part()), parts_(parts) {
    if (parts_ == 1) return;
    const std::int64_t filters = args_.shape.out_channels, taps = args_.shape.taps();
    d_weight_ = scratch<4>(parts_ * branches * filters * (taps + 1));
    d_bias_ = d_weight_ + parts_ * branches * filters * taps;
}

void FilterGradientParts::begin(std::int64_t part, std::int64_t k, std::int64_t channel,
                                std::int64_t count) const {
    if (parts_ == 1) return;
    std::fill_n(weight(part, k, channel), count * args_.shape.taps(), 0.0F);
    std::fill_n(bias(part, k, channel), count, 0.0F);
}

float* FilterGradientParts::weight(std::int64_t part, std::int64_t k, std::int64_t channel) const {
    const std::int64_t taps = args_.shape.taps();
    if (!d_weight_) return args_.d_weight[static_cast<std::size_t>(k)] + channel * taps;
    return d_weight_ + ((part * branches + k) * args_.shape.out_channels + channel) * taps;
}

float* FilterGradientParts::bias(std::int64_t part, std::int64_t k, std::int64_t channel) const {
    if (!d_bias_) return args_.d_bias[static_cast<std::size_t>(k)] + channel;
    return d_bias_ + (part * branches + k) * args_.shape.out_channels + channel;
}

void FilterGradientParts::add_up() const {
    if (parts_ == 1) return;
    const std::int64_t filters = args_.shape.out_channels, taps = args_.shape.taps();
    parallel_for(branches_.count * filters, [&](std::int64_t item) {
        const int k = branches_.index[static_cast<std::size_t>(item / filters)];
        const std::int64_t channel = item % filters;
        float* d_weight = args_.d_weight[static_cast<std::size_t>(k)] + channel * taps;
        float& d_bias = args_.d_bias[static_cast<std::size_t>(k)][channel];
        for (std::int64_t part = 0; part < parts_; ++part) {
            const float* summand = weight(part, k, channel);
            for (std::int64_t tap = 0; tap < taps; ++tap) d_weight[tap] += summand[tap];
            d_bias += *bias(part, k, channel);
        }
    });
}

}  // namespace kernels::cpu::winograd
