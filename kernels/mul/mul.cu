#include "kernels/common/broadcast.cuh"
#include "kernels/mul/mul.h"

// Bound by memory: forward 12 bytes for each float of the output, backward 16 for each operand, less where an
// operand is broadcast. A thread takes a pack of neighbouring outputs. Products are rounded before they are
// added, as on the CPU: the compiler may not fuse them.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

DeviceScratch memory;

template <int pack>
__global__ void mul_forward_kernel(MulForward<float> args) {
    const Broadcast& s = args.shape;
    for (const auto item : grid_stride_range(s.size() / pack)) {
        const std::int64_t out = item * pack;
        auto x = load_broadcast<pack>(args.x + offset_of(out, s.extent, s.x_stride), s.x_stride[3]);
        const auto y = load_broadcast<pack>(args.y + offset_of(out, s.extent, s.y_stride), s.y_stride[3]);
        for (int k = 0; k < pack; ++k) x.lane[k] *= y.lane[k];
        store(args.out + out, x);
    }
}

/// d_x += d_out * y where x has the shape of the output; y may be broadcast.
template <int pack>
__global__ void add_product_kernel(float* d_x, const float* d_out, const float* y, Broadcast s) {
    for (const auto item : grid_stride_range(s.size() / pack)) {
        const std::int64_t out = item * pack;
        auto sum = load<pack>(d_x + out);
        const auto gradient = load<pack>(d_out + out);
        const auto factor = load_broadcast<pack>(y + offset_of(out, s.extent, s.y_stride), s.y_stride[3]);
        for (int k = 0; k < pack; ++k) sum.lane[k] += __fmul_rn(gradient.lane[k], factor.lane[k]);
        store(d_x + out, sum);
    }
}

struct Product {
    const float* d_out;
    const float* y;

    __device__ __forceinline__ double operator()(std::int64_t out, std::int64_t other) const {
        return __fmul_rn(d_out[out], y[other]);
    }
};

/// The gradient of the operand that shape calls x.
void mul_gradient(float* d_x, const float* d_out, const float* y, const Broadcast& shape) {
    if (!is_elementwise(shape)) {
        add_broadcast_sums(d_x, shape, Product{d_out, y}, memory);
        return;
    }
    with_vector_width(
        shape.extent[3],
        [&](auto pack) {
            launch(add_product_kernel<pack()>, grid_stride_shape(shape.size() / pack()), work_stream(), d_x,
                   d_out, y, shape);
        },
        d_x, d_out, y);
}

}  // namespace

void mul_forward(const MulForward<float>& args) {
    MulForward<float> collapsed = args;
    collapsed.shape = collapse(args.shape);
    with_vector_width(
        collapsed.shape.extent[3],
        [&](auto pack) {
            launch(mul_forward_kernel<pack()>, grid_stride_shape(args.shape.size() / pack()), work_stream(),
                   collapsed);
        },
        args.out, args.x, args.y);
}

void mul_backward(const MulBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    const Broadcast swapped = {shape.extent, shape.y_stride, shape.x_stride};
    if (args.d_x) mul_gradient(args.d_x, args.d_out, args.y, shape);
    if (args.d_y) mul_gradient(args.d_y, args.d_out, args.x, swapped);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
