#include "kernels/common/broadcast.cuh"
#include "kernels/mul/mul.h"

// Bound by memory: backward 16 bytes for each float of the output and each operand, less where an operand is
// broadcast. Products are rounded before they are added, as on the CPU: the compiler may not fuse them.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

DeviceScratch memory;

struct Product {
    __device__ __forceinline__ float operator()(float x, float y) const { return x * y; }
};

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

struct ProductOfGradient {
    const float* d_out;
    const float* y;

    __device__ __forceinline__ double operator()(std::int64_t out, std::int64_t other) const {
        return __fmul_rn(d_out[out], y[other]);
    }
};

/// The gradient of the operand that shape calls x.
void mul_gradient(float* d_x, const float* d_out, const float* y, const Broadcast& shape) {
    if (!is_elementwise(shape)) {
        add_broadcast_sums(d_x, shape, ProductOfGradient{d_out, y}, memory);
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
    combine_broadcast(args.out, args.x, args.y, collapse(args.shape), Product{});
}

void mul_backward(const MulBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    const Broadcast swapped = {shape.extent, shape.y_stride, shape.x_stride};
    if (args.d_x) mul_gradient(args.d_x, args.d_out, args.y, shape);
    if (args.d_y) mul_gradient(args.d_y, args.d_out, args.x, swapped);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
