#include "kernels/adam/adam.h"
#include "kernels/adam/adam_scalars.h"
#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/stream.h"

// All arrays in one launch: a network has dozens, most of them small, and a launch costs more than such an
// array. The arrays are thought of as one, which is cut into equal stretches: a block
// finds where its stretch begins and goes from array to array until it ends.
//
// Bound by memory: 16 bytes read and 12 written per element for 15 operations. Neighbouring threads take
// neighbouring elements.
//
// The scalars of the step are computed by one thread, in a launch of its own: double-precision powers are
// slow, and the step has to be counted up once, before any block needs it.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr std::int64_t stretch = 4 * threads;

constinit DeviceScratch scalars_of_step;

__global__ void start_step_kernel(AdamScalars<float>* scalars, const AdamSettings* settings,
                                  std::int64_t* step) {
    *step += 1;
    *scalars = adam_scalars<float>(*settings, *step);
}

/// No fused multiply-add: each operation rounds where the reference's and PyTorch's do.
__device__ void adam_element(const AdamArray<float>& array, const AdamScalars<float>& s, std::int64_t i) {
    const float parameter = array.parameter[i];
    const float g = __fadd_rn(array.gradient[i], __fmul_rn(s.decay, parameter));
    const float m = __fadd_rn(array.m[i], __fmul_rn(s.one_minus_beta1, g - array.m[i]));
    const float v = __fadd_rn(__fmul_rn(s.beta2, array.v[i]), __fmul_rn(__fmul_rn(s.one_minus_beta2, g), g));
    const float root = __fadd_rn(__fdiv_rn(__fsqrt_rn(v), s.root_correction2), s.epsilon);
    array.m[i] = m;
    array.v[i] = v;
    const float shrunk = __fsub_rn(parameter, __fmul_rn(s.shrinkage, parameter));
    array.parameter[i] = __fsub_rn(shrunk, __fdiv_rn(__fmul_rn(s.step_size, m), root));
}

__global__ void __launch_bounds__(threads) adam_kernel(Adam<float> args, const AdamScalars<float>* scalars) {
    const std::int64_t begin = blockIdx.x * stretch;
    const std::int64_t end = begin + stretch < args.all.size ? begin + stretch : args.all.size;
    for_each_part(args.all, begin, end,
                  [=](const AdamArray<float>& array, std::int64_t first, std::int64_t last) {
                      const AdamScalars<float> s = scalars_of(array, *scalars);
                      for (std::int64_t i = first + threadIdx.x; i < last; i += threads)
                          adam_element(array, s, i);
                  });
}

}  // namespace

void adam(const Adam<float>& args) {
    auto* scalars = scalars_of_step.reserve<AdamScalars<float>>(1);
    launch(start_step_kernel, {dim3(1), dim3(1)}, work_stream(), scalars, args.settings, args.step);
    const auto blocks = static_cast<unsigned>((args.all.size + stretch - 1) / stretch);
    launch(adam_kernel, {dim3(blocks), dim3(threads)}, work_stream(), args, scalars);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
