#pragma once

#include <cstdint>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/common/bands.cuh"
#include "kernels/common/vector.cuh"

/// The parts of batch_norm that ops which it is fused into share with it on the device.
namespace kernels::CIFAR_GPU_NAMESPACE {

inline constexpr unsigned batch_norm_threads = 256;  ///< of a block, which takes a band (bands.cuh)

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

/// All of a training forward but `out`, which is not touched; x is read only if x_moments has nothing.
/// Returns scale = inv_std * weight (channels), in device memory that the next call of any of these three
/// takes back.
const float* batch_norm_statistics(const BatchNormTrainForward<float>& args,
                                   const PartialMoments<float>& x_moments = {});

/// The same for evaluation: scale = weight / sqrt(running_var + epsilon).
const float* batch_norm_running_scale(const BatchNormEvalForward<float>& args);

/// All of a backward but `d_x`, which is not touched. args.x and args.d_out may leave out elements whose
/// gradient is zero, hence `batch_rows`: the rows that were normalised.
BatchNormInputGradient batch_norm_parameter_gradients(const BatchNormBackward<float>& args,
                                                      std::int64_t batch_rows);

}  // namespace kernels::CIFAR_GPU_NAMESPACE
