#include "kernels/add/add.h"
#include "kernels/common/broadcast.cuh"

// Bound by memory: 12 bytes for each float of the output, less where an operand is broadcast. A thread takes
// a pack of neighbouring outputs. Products are rounded before they are added, as on the CPU: the compiler may
// not fuse them.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

DeviceScratch memory;

template <int pack>
__global__ void add_forward_kernel(AddForward<float> args) {
    const Broadcast& s = args.shape;
    for (const auto item : grid_stride_range(s.size() / pack)) {
        const std::int64_t out = item * pack;
        auto x = load_broadcast<pack>(args.x + offset_of(out, s.extent, s.x_stride), s.x_stride[3]);
        const auto y = load_broadcast<pack>(args.y + offset_of(out, s.extent, s.y_stride), s.y_stride[3]);
        for (int k = 0; k < pack; ++k) x.lane[k] += __fmul_rn(args.alpha, y.lane[k]);
        store(args.out + out, x);
    }
}

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
    AddForward<float> collapsed = args;
    collapsed.shape = collapse(args.shape);
    with_vector_width(
        collapsed.shape.extent[3],
        [&](auto pack) {
            launch(add_forward_kernel<pack()>, grid_stride_shape(args.shape.size() / pack()), work_stream(),
                   collapsed);
        },
        args.out, args.x, args.y);
}

void add_backward(const AddBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    const Broadcast swapped = {shape.extent, shape.y_stride, shape.x_stride};
    if (args.d_x) add_gradient(args.d_x, 1.0F, args.d_out, shape);
    if (args.d_y) add_gradient(args.d_y, args.alpha, args.d_out, swapped);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
