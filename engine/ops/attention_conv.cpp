#include "engine/ops/attention_conv.h"

#include "engine/autograd.h"
#include "engine/ops/checks.h"
#include "engine/ops/conv_shape.h"
#include "engine/precision.h"

namespace engine {
namespace {

/// Pointer is float* or const float*.
template <typename Pointer>
std::array<Pointer, kernels::branches> data_of(const std::array<Tensor, kernels::branches>& tensors) {
    return {tensors[0].data(), tensors[1].data(), tensors[2].data()};
}

std::array<Tensor, kernels::branches> targets_of(const std::array<Tensor, kernels::branches>& tensors) {
    return {target_or_scratch(tensors[0]), target_or_scratch(tensors[1]), target_or_scratch(tensors[2])};
}

/// The op; `moments` is undefined if they are not wanted.
Tensor run(const Tensor& x, const Tensor& a, const AttentionConvWeights& branches,
           const AttentionConvOptions& options, const Tensor& moments) {
    const kernels::Conv2dShape shape =
        conv_shape("attention_conv", x, branches.weight[0], options.stride, options.padding);
    check_shape("attention_conv", "a", a, {shape.images, kernels::branches});
    for (const Tensor& weight : branches.weight)
        check_shape("attention_conv", "weight", weight, branches.weight[0].shape());
    for (const Tensor& bias : branches.bias)
        check_shape("attention_conv", "bias", bias, {shape.out_channels});
    const auto& [weights, biases] = branches;
    check_device("attention_conv", x,
                 {a, weights[0], weights[1], weights[2], biases[0], biases[1], biases[2]});

    const Shape out_shape{shape.images, shape.out_height(), shape.out_width(), shape.out_channels};
    const Precision precision = product_precision();
    const Tensor out = empty(out_shape, DType::float32, x.device());
    const Tensor active = empty(out_shape, DType::uint8, x.device());
    kernels::attention_conv_forward(
        x.device(), {out.data(), active.data<std::uint8_t>(), x.data(), a.data(),
                     data_of<const float*>(branches.weight), data_of<const float*>(branches.bias), shape,
                     options.rectified, precision, moments.defined() ? moments.data() : nullptr});
    const auto& [weight, bias] = branches;
    if (!needs_grad({x, a, weight[0], weight[1], weight[2], bias[0], bias[1], bias[2]})) return out;
    return record(
        "attention_conv", out, {x, a, weight[0], weight[1], weight[2], bias[0], bias[1], bias[2]},
        [x, a, active, branches, shape, precision, rectified = options.rectified](const Tensor& d_out) {
            const Tensor d_a = target_or_scratch(a);
            const auto d_weight = targets_of(branches.weight), d_bias = targets_of(branches.bias);
            kernels::attention_conv_backward(
                x.device(), {target_data(x), d_a.data(), data_of<float*>(d_weight), data_of<float*>(d_bias),
                             active.data<std::uint8_t>(), d_out.data(), x.data(), a.data(),
                             data_of<const float*>(branches.weight), data_of<const float*>(branches.bias),
                             shape, rectified, precision});
        });
}

}  // namespace

Tensor attention_conv(const Tensor& x, const Tensor& a, const AttentionConvWeights& branches,
                      const AttentionConvOptions& options) {
    return run(x, a, branches, options, {});
}

AttentionConvResult attention_conv_with_moments(const Tensor& x, const Tensor& a,
                                                const AttentionConvWeights& branches,
                                                const AttentionConvOptions& options) {
    const kernels::Conv2dShape shape =
        conv_shape("attention_conv", x, branches.weight[0], options.stride, options.padding);
    const std::int64_t rows_per_part = kernels::attention_conv_rows_per_part(x.device());
    if (rows_per_part == 0) return {attention_conv(x, a, branches, options), {}};
    const std::int64_t parts = (shape.rows() + rows_per_part - 1) / rows_per_part;
    const Tensor moments = empty({parts, 2, shape.out_channels}, DType::float32, x.device());
    return {run(x, a, branches, options, moments), {moments, rows_per_part}};
}

}  // namespace engine
