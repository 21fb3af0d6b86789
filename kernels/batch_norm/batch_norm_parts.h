#pragma once

#include <cstdint>

#include "kernels/batch_norm/batch_norm.h"

/// The parts of batch_norm that ops which it is fused into share with it on the CPU: all but what is done to
/// each element, which is in batch_norm-inl.h.
///
/// What they return lies in memory of the calling thread that the next call takes back.
namespace kernels::cpu {

/// All of a training forward but `out`, which is not touched. Returns scale = inv_std * weight (channels).
const float* batch_norm_statistics(const BatchNormTrainForward<float>& args);

/// The same for evaluation: scale = weight / sqrt(running_var + epsilon).
const float* batch_norm_running_scale(const BatchNormEvalForward<float>& args);

/// What multiplies and is subtracted in
///   d_x += scale * (d_out - offset - (x - mean) * slope).
struct BatchNormInputGradient {
    const float* mean;    ///< (channels), each
    const float* scale;   ///< weight * inv_std
    const float* offset;  ///< mean of d_out
    const float* slope;   ///< inv_std * mean of (d_out * x_hat)
};

/// All of a backward but `d_x`, which is not touched. args.x and args.d_out may leave out elements whose
/// gradient is zero, hence `batch_rows`: the rows that were normalised.
BatchNormInputGradient batch_norm_parameter_gradients(const BatchNormBackward<float>& args,
                                                      std::int64_t batch_rows);

}  // namespace kernels::cpu
