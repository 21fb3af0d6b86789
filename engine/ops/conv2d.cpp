#include "kernels/conv2d/conv2d.h"

#include "engine/autograd.h"
#include "engine/ops/checks.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/conv_shape.h"
#include "engine/precision.h"

namespace engine {

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t stride,
              std::int64_t padding) {
    const kernels::Conv2dShape shape = conv_shape("conv2d", x, weight, stride, padding);
    if (bias.defined()) check_shape("conv2d", "bias", bias, {shape.out_channels});
    check_device("conv2d", x, {bias});

    const Precision precision = product_precision();
    const Tensor out = empty({shape.images, shape.out_height(), shape.out_width(), shape.out_channels},
                             DType::float32, x.device());
    kernels::conv2d_forward(x.device(), {out.data(), x.data(), weight.data(),
                                         bias.defined() ? bias.data() : nullptr, shape, precision});
    if (!needs_grad({x, weight, bias})) return out;
    return record("conv2d", out, {x, weight, bias}, [=](const Tensor& d_out) {
        kernels::conv2d_backward(x.device(), {target_data(x), target_data(weight), target_data(bias),
                                              d_out.data(), x.data(), weight.data(), shape, precision});
    });
}

}  // namespace engine
