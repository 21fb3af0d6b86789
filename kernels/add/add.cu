#include "kernels/add/add.h"
#include "kernels/common/broadcast.cuh"

// Bound by memory: backward 12 bytes for each float of the output and each operand, less where an operand is
// broadcast. Products are rounded before they are added, as on the CPU: the compiler may not fuse them.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

DeviceScratch memory;

struct ScaledSum {
    float alpha;

    __device__ __forceinline__ float operator()(float x, float y) const { return x + __fmul_rn(alpha, y); }
};

template <int pack>
__global__ void add_scaled_kernel(float* __restrict__ target, const float* __restrict__ d_out, float factor,
                                  std::int64_t size) {
    for (const auto item : grid_stride_range(size / pack)) {
        auto sum = load<pack>(target + item * pack);
        const auto gradient = load<pack>(d_out + item * pack);
        for (int k = 0; k < pack; ++k) sum.lane[k] += __fmul_rn(factor, gradient.lane[k]);
        store(target + item * pack, sum);
    }
}

struct ScaledGradient {
    const float* d_out;
    float factor;

    __device__ __forceinline__ double operator()(std::int64_t out, std::int64_t) const {
        return __fmul_rn(factor, d_out[out]);
    }
};

/// The gradient of the operand that shape calls x.
void add_gradient(float* target, float factor, const float* d_out, const Broadcast& shape) {
    if (!is_elementwise(shape)) {
        add_broadcast_sums(target, shape, ScaledGradient{d_out, factor}, memory);
        return;
    }
    with_vector_width(
        shape.size(),
        [&](auto pack) {
            launch(add_scaled_kernel<pack()>, grid_stride_shape(shape.size() / pack()), work_stream(), target,
                   d_out, factor, shape.size());
        },
        target, d_out);
}

}  // namespace

void add_forward(const AddForward<float>& args) {
    combine_broadcast(args.out, args.x, args.y, collapse(args.shape), ScaledSum{args.alpha});
}

void add_backward(const AddBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    const Broadcast swapped = {shape.extent, shape.y_stride, shape.x_stride};
    if (args.d_x) add_gradient(args.d_x, 1.0F, args.d_out, shape);
    if (args.d_y) add_gradient(args.d_y, args.alpha, args.d_out, swapped);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
