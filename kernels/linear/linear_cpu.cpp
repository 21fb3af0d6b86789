#include "kernels/common/parallel.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/linear/linear.h"

// A linear layer is a 1x1 convolution of 1x1 images, down to the layout of its weights.
namespace kernels::cpu {
namespace {

Conv2dShape as_convolution(std::int64_t rows, std::int64_t in_features, std::int64_t out_features) {
    return {.images = rows,
            .height = 1,
            .width = 1,
            .in_channels = in_features,
            .out_channels = out_features,
            .kernel = 1,
            .stride = 1,
            .padding = 0};
}

/// A million multiplications take one thread some 20 microseconds.
bool is_small(std::int64_t rows, std::int64_t in_features, std::int64_t out_features) {
    return rows * in_features * out_features < 1'000'000;
}

}  // namespace

void linear_forward(const LinearForward<float>& args) {
    const InSeries series(is_small(args.rows, args.in_features, args.out_features));
    conv2d_forward({args.out, args.x, args.weight, args.bias,
                    as_convolution(args.rows, args.in_features, args.out_features)});
}

void linear_backward(const LinearBackward<float>& args) {
    const InSeries series(is_small(args.rows, args.in_features, args.out_features));
    conv2d_backward({args.d_x, args.d_weight, args.d_bias, args.d_out, args.x, args.weight,
                     as_convolution(args.rows, args.in_features, args.out_features)});
}

}  // namespace kernels::cpu
