#include "kernels/linear/linear.h"

#include "engine/autograd.h"
#include "engine/ops/checks.h"
#include "engine/ops/linear.h"
#include "engine/precision.h"

namespace engine {
namespace {

/// A layer with fewer outputs than tensor cores multiply at once gains nothing from them, and its rounding
/// errors weigh more than those of others: attention's three outputs scale whole branches of an image, where
/// a convolution's errors average out over pixels, and ten logits are what the loss is made of.
Precision precision_for(std::int64_t out_features) {
    return out_features < 16 ? Precision::fp32 : product_precision();
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    check_rank("linear", x, 2, "(N, in_features)");
    check_rank("linear", weight, 2, "(out_features, in_features)");
    const std::int64_t rows = x.size(0), in = x.size(1), out_features = weight.size(0);
    check_shape("linear", "weight", weight, {out_features, in});
    if (bias.defined()) check_shape("linear", "bias", bias, {out_features});
    check_device("linear", x, {weight, bias});

    const Precision precision = precision_for(out_features);
    const Tensor out = empty({rows, out_features}, DType::float32, x.device());
    kernels::linear_forward(
        x.device(), {out.data(), x.data(), weight.data(), bias.defined() ? bias.data() : nullptr, rows, in,
                     out_features, precision});
    if (!needs_grad({x, weight, bias})) return out;
    return record("linear", out, {x, weight, bias}, [=](const Tensor& d_out) {
        kernels::linear_backward(
            x.device(), {target_data(x), target_data(weight), target_data(bias), d_out.data(), x.data(),
                         weight.data(), rows, in, out_features, precision});
    });
}

}  // namespace engine
