#include "kernels/common/cuda.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/linear/linear.h"

// A linear layer is a convolution of images that have one pixel, with filters of one.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

Conv2dShape as_convolution(std::int64_t rows, std::int64_t in_features, std::int64_t out_features) {
    return {rows, 1, 1, in_features, out_features, 1, 1, 0};
}

}  // namespace

void linear_forward(const LinearForward<float>& args) {
    conv2d_forward({args.out, args.x, args.weight, args.bias,
                    as_convolution(args.rows, args.in_features, args.out_features), args.precision});
}

void linear_backward(const LinearBackward<float>& args) {
    conv2d_backward({args.d_x, args.d_weight, args.d_bias, args.d_out, args.x, args.weight,
                     as_convolution(args.rows, args.in_features, args.out_features), args.precision});
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
