#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"
#include "kernels/newton_schulz/newton_schulz.h"

// Bound by memory, and of that there is little: a matrix of 256 rows is 256 KiB. One block sums the trace and
// scales at once, as the others would have to wait for it.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;

__global__ void __launch_bounds__(threads) newton_schulz_begin_kernel(NewtonSchulzBegin<float> args) {
    double trace = 0;
    for (std::int64_t i = threadIdx.x; i < args.size; i += threads) trace += args.gram[i * (args.size + 1)];
    trace = block_sum<threads>(trace);
    __shared__ float shared_scale;
    if (threadIdx.x == 0) {
        const auto norm = static_cast<float>(sqrt(trace));
        shared_scale = 1 / (norm < args.least_norm ? args.least_norm : norm);
    }
    __syncthreads();
    const float scale = shared_scale;
    for (std::int64_t i = threadIdx.x; i < args.size * args.size; i += threads) {
        args.gram[i] = args.gram[i] * scale * scale;
        args.factor[i] = i % (args.size + 1) == 0 ? scale : 0.0F;
    }
}

__global__ void __launch_bounds__(threads)
    newton_schulz_polynomial_kernel(NewtonSchulzPolynomial<float> args) {
    using P = NewtonSchulzPolynomial<float>;
    constexpr auto a = static_cast<float>(P::a), b = static_cast<float>(P::b), c = static_cast<float>(P::c);
    for (const std::int64_t i : grid_stride_range(args.size * args.size)) {
        const float identity = i % (args.size + 1) == 0 ? a : 0.0F;
        args.polynomial[i] =
            __fadd_rn(identity, __fadd_rn(__fmul_rn(b, args.gram[i]), __fmul_rn(c, args.square[i])));
    }
}

}  // namespace

void newton_schulz_begin(const NewtonSchulzBegin<float>& args) {
    launch(newton_schulz_begin_kernel, {dim3(args.size > 0), dim3(threads)}, work_stream(), args);
}

void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>& args) {
    launch(newton_schulz_polynomial_kernel, grid_stride_shape(args.size * args.size), work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
