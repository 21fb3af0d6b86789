#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/relu/relu.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

__global__ void relu_forward_kernel(ReluForward<float> args) {
    // Not fmaxf: of (NaN, 0) it returns 0. NaN <= 0 is false, so here NaN stays.
    for (const auto i : grid_stride_range(args.size)) args.out[i] = args.x[i] <= 0 ? 0 : args.x[i];
}

__global__ void relu_backward_kernel(ReluBackward<float> args) {
    for (const auto i : grid_stride_range(args.size))
        if (args.out[i] > 0) args.d_x[i] += args.d_out[i];
}

}  // namespace

void relu_forward(const ReluForward<float>& args) {
    launch(relu_forward_kernel, grid_stride_shape(args.size), work_stream(), args);
}

void relu_backward(const ReluBackward<float>& args) {
    launch(relu_backward_kernel, grid_stride_shape(args.size), work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
