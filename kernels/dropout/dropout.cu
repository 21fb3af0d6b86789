#include "kernels/common/launch.h"
#include "kernels/common/philox.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/dropout/dropout.h"

// A block of Philox is four words (about 100 integer operations), for four neighbouring elements: a thread
// takes those, and the same words go to the same elements as on every other device. Forward 8 bytes for each
// float, backward 12; arithmetic and memory are about in balance.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

struct Mask {
    std::uint64_t threshold, seed, stream;
    float scale;
    const std::int64_t* stream_origin;  ///< or null

    /// What the elements of block `index` are multiplied with: 0 where one is dropped.
    __device__ __forceinline__ Pack<float, 4> factors(std::int64_t index) const {
        const std::uint64_t origin =
            stream_origin == nullptr ? 0 : static_cast<std::uint64_t>(*stream_origin);
        const PhiloxBlock words = philox(seed, origin + stream, static_cast<std::uint64_t>(index));
        Pack<float, 4> result;
        for (unsigned k = 0; k < 4; ++k) result.lane[k] = words[k] >= threshold ? scale : 0.0F;
        return result;
    }
};

/// `Args` are those of the forward or the backward.
template <typename Args>
Mask mask_of(const Args& args) {
    // With probability 1 the scale is infinite, and never used.
    return {dropout_threshold(args.probability), args.seed, args.stream,
            static_cast<float>(1 / (1 - args.probability)), args.stream_origin};
}

/// x is not looked at where it is dropped: even a NaN is.
__device__ __forceinline__ float dropped_out(float x, float factor) {
    return factor == 0 ? 0.0F : __fmul_rn(x, factor);
}

/// Not an addition of 0, which would make -0 of a gradient 0.
__device__ __forceinline__ float with_gradient(float d_x, float d_out, float factor) {
    return factor == 0 ? d_x : d_x + __fmul_rn(d_out, factor);
}

template <int pack>
__global__ void dropout_forward_kernel(float* __restrict__ out, const float* __restrict__ x, Mask mask,
                                       std::int64_t size) {
    for (const auto block : grid_stride_range((size + 3) / 4)) {
        const Pack<float, 4> factors = mask.factors(block);
        for (int first = 0; first < 4 && 4 * block + first < size; first += pack) {
            const std::int64_t i = 4 * block + first;
            auto values = load<pack>(x + i);
            for (int k = 0; k < pack; ++k)
                values.lane[k] = dropped_out(values.lane[k], factors.lane[first + k]);
            store(out + i, values);
        }
    }
}

template <int pack>
__global__ void dropout_backward_kernel(float* __restrict__ d_x, const float* __restrict__ d_out, Mask mask,
                                        std::int64_t size) {
    for (const auto block : grid_stride_range((size + 3) / 4)) {
        const Pack<float, 4> factors = mask.factors(block);
        for (int first = 0; first < 4 && 4 * block + first < size; first += pack) {
            const std::int64_t i = 4 * block + first;
            const auto gradients = load<pack>(d_out + i);
            auto values = load<pack>(d_x + i);
            for (int k = 0; k < pack; ++k)
                values.lane[k] = with_gradient(values.lane[k], gradients.lane[k], factors.lane[first + k]);
            store(d_x + i, values);
        }
    }
}

}  // namespace

void dropout_forward(const DropoutForward<float>& args) {
    with_vector_width(
        args.size,
        [&](auto pack) {
            launch(dropout_forward_kernel<pack()>, grid_stride_shape((args.size + 3) / 4), work_stream(),
                   args.out, args.x, mask_of(args), args.size);
        },
        args.out, args.x);
}

void dropout_backward(const DropoutBackward<float>& args) {
    with_vector_width(
        args.size,
        [&](auto pack) {
            launch(dropout_backward_kernel<pack()>, grid_stride_shape((args.size + 3) / 4), work_stream(),
                   args.d_x, args.d_out, mask_of(args), args.size);
        },
        args.d_x, args.d_out);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
