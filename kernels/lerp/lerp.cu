#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/lerp/lerp.h"

// Bound by memory: 8 bytes read and 4 written per element. Neighbouring threads take neighbouring elements.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

__global__ void lerp_kernel(Lerp<float> args) {
    for (const std::int64_t i : grid_stride_range(args.size)) {
        const float x = args.x[i], towards = args.towards[i], way = towards - x;
        args.x[i] = args.weight < 0.5F ? __fadd_rn(x, __fmul_rn(args.weight, way))
                                       : __fsub_rn(towards, __fmul_rn(1 - args.weight, way));
    }
}

}  // namespace

void lerp(const Lerp<float>& args) { launch(lerp_kernel, grid_stride_shape(args.size), work_stream(), args); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
