#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/sgd/sgd.h"

// All arrays in one launch, as for Adam: a block takes a stretch of all elements and goes from array to array
// within it.
//
// Bound by memory: 12 bytes read and 8 written per element for 8 operations. Neighbouring threads take
// neighbouring elements.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr std::int64_t stretch = 4 * threads;

/// No fused multiply-add: each operation rounds where the reference's and PyTorch's do.
__device__ void sgd_element(const SgdArray<float>& array, const SgdScalars<float>& s, std::int64_t i) {
    const float parameter = array.parameter[i];
    const float g = __fadd_rn(array.gradient[i], __fmul_rn(s.decay, parameter));
    const float velocity = __fadd_rn(__fmul_rn(s.momentum, array.velocity[i]), g);
    array.velocity[i] = velocity;
    array.parameter[i] = __fsub_rn(parameter, __fmul_rn(s.lr, __fadd_rn(g, __fmul_rn(s.momentum, velocity))));
}

__global__ void __launch_bounds__(threads) sgd_kernel(Sgd<float> args) {
    const std::int64_t begin = blockIdx.x * stretch;
    const std::int64_t end = begin + stretch < args.all.size ? begin + stretch : args.all.size;
    for_each_part(args.all, begin, end,
                  [=](const SgdArray<float>& array, std::int64_t first, std::int64_t last) {
                      const SgdScalars<float> s = sgd_scalars(*args.settings, array);
                      for (std::int64_t i = first + threadIdx.x; i < last; i += threads)
                          sgd_element(array, s, i);
                  });
}

}  // namespace

void sgd(const Sgd<float>& args) {
    const auto blocks = static_cast<unsigned>((args.all.size + stretch - 1) / stretch);
    launch(sgd_kernel, {dim3(blocks), dim3(threads)}, work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
