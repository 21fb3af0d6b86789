#pragma once

#include <cstdint>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/common/launch.h"
#include "kernels/common/vector.cuh"

/// The parts of batch_norm that ops which it is fused into share with it on the device.
///
/// Threads share a tensor of (rows, channels) as follows. A block takes a band of up to 32 packs of channels,
/// one to each threadIdx.x, so that a warp reads whole rows, or several short ones, that lie side by side;
/// its threadIdx.y are rows. What belongs to a channel stays in registers while a thread walks down its rows.
namespace kernels::CIFAR_GPU_NAMESPACE {

inline constexpr unsigned row_block_threads = 256;

/// The block for that, and a grid of one block for each band of channels (y) and `row_blocks` (x).
inline LaunchShape row_shape(std::int64_t row_blocks, std::int64_t channels, int pack) {
    unsigned columns = 1;
    while (columns < warp_size && columns * pack < channels) columns *= 2;
    const std::int64_t band = columns * pack;
    return {dim3(static_cast<unsigned>(row_blocks), static_cast<unsigned>((channels + band - 1) / band)),
            dim3(columns, row_block_threads / columns)};
}

/// The same for kernels that compute each row by itself: enough blocks for all rows, but no more than fill
/// the device several times over.
inline LaunchShape elementwise_row_shape(std::int64_t rows, std::int64_t channels, int pack) {
    constexpr std::int64_t most_blocks = 2048;
    LaunchShape shape = row_shape(1, channels, pack);
    const std::int64_t blocks = (rows + shape.block.y - 1) / shape.block.y;
    shape.grid.x = static_cast<unsigned>(blocks < most_blocks ? blocks : most_blocks);
    return shape;
}

/// The first of this thread's channels in a row_shape; the thread has none if it is not below `channels`.
template <int pack>
__device__ __forceinline__ std::int64_t channel_of_thread() {
    return (static_cast<std::int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * pack;
}

/// First row, and distance to the next, of this thread in an elementwise_row_shape.
__device__ __forceinline__ std::int64_t row_of_thread() {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
}
__device__ __forceinline__ std::int64_t row_step() {
    return static_cast<std::int64_t>(gridDim.x) * blockDim.y;
}

/// What normalises some channels: (x - mean) * scale + bias. The mean is not folded into the bias: x - mean
/// is exact where both are large. One expression for batch_norm and for ops that it is fused into, so that
/// they agree bit for bit.
template <int pack>
struct Normalisation {
    Pack<float, pack> mean, scale, bias;

    __device__ __forceinline__ Normalisation(const float* means, const float* scales, const float* biases,
                                             std::int64_t c)
        : mean(load<pack>(means + c)), scale(load<pack>(scales + c)), bias(load<pack>(biases + c)) {}

    __device__ __forceinline__ Pack<float, pack> operator()(const Pack<float, pack>& x) const {
        Pack<float, pack> y;
        for (int k = 0; k < pack; ++k)
            y.lane[k] = __fmaf_rn(x.lane[k] - mean.lane[k], scale.lane[k], bias.lane[k]);
        return y;
    }
};

/// Arrays (channels) of device memory: what multiplies and is subtracted in
///   d_x += scale * (d_out - offset - (x - mean) * slope).
struct BatchNormInputGradient {
    const float* mean;
    const float* scale;   ///< weight * inv_std
    const float* offset;  ///< mean of d_out
    const float* slope;   ///< inv_std * mean of (d_out * x_hat)
};

/// The same for some channels, in registers.
template <int pack>
struct InputGradient {
    Pack<float, pack> mean, scale, offset, slope;

    __device__ __forceinline__ InputGradient(const BatchNormInputGradient& terms, std::int64_t c)
        : mean(load<pack>(terms.mean + c)),
          scale(load<pack>(terms.scale + c)),
          offset(load<pack>(terms.offset + c)),
          slope(load<pack>(terms.slope + c)) {}

    /// before + scale * (d_out - offset - (x - mean) * slope)
    __device__ __forceinline__ Pack<float, pack> operator()(const Pack<float, pack>& before,
                                                            const Pack<float, pack>& d_out,
                                                            const Pack<float, pack>& x) const {
        Pack<float, pack> d_x;
        for (int k = 0; k < pack; ++k) {
            const float centred =
                __fmaf_rn(mean.lane[k] - x.lane[k], slope.lane[k], d_out.lane[k] - offset.lane[k]);
            d_x.lane[k] = __fmaf_rn(scale.lane[k], centred, before.lane[k]);
        }
        return d_x;
    }
};

/// All of a training forward but `out`, which is not touched. Returns scale = inv_std * weight (channels), in
/// device memory that the next call of any of these three takes back.
const float* batch_norm_statistics(const BatchNormTrainForward<float>& args);

/// The same for evaluation: scale = weight / sqrt(running_var + epsilon).
const float* batch_norm_running_scale(const BatchNormEvalForward<float>& args);

/// All of a backward but `d_x`, which is not touched. args.x and args.d_out may leave out elements whose
/// gradient is zero, hence `batch_rows`: the rows that were normalised.
BatchNormInputGradient batch_norm_parameter_gradients(const BatchNormBackward<float>& args,
                                                      std::int64_t batch_rows);

}  // namespace kernels::CIFAR_GPU_NAMESPACE
