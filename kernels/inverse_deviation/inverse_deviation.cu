#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/inverse_deviation/inverse_deviation.h"

// 8 bytes and three operations for each element; each operation rounds as on the CPU.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

__global__ void inverse_deviation_kernel(InverseDeviation<float> args) {
    for (const auto i : grid_stride_range(args.size))
        args.out[i] = __fdiv_rn(1.0F, __fsqrt_rn(__fadd_rn(args.variance[i], args.epsilon)));
}

}  // namespace

void inverse_deviation(const InverseDeviation<float>& args) {
    launch(inverse_deviation_kernel, grid_stride_shape(args.size), work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
