#include "engine/nn/conv2d.h"

#include "engine/nn/init.h"
#include "engine/ops/conv2d.h"

namespace engine::nn {

Conv2d::Conv2d(const Conv2dOptions& conv_options) : options(conv_options) {
    const auto [in, out, kernel, stride, padding] = options;
    weight = register_parameter("weight", default_init({out, kernel, kernel, in}, in * kernel * kernel));
    bias = register_parameter("bias", default_init({out}, in * kernel * kernel));
}

Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight, bias, options.stride, options.padding); }

}  // namespace engine::nn
