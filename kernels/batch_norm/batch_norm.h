#pragma once

#include <cstdint>

#include "kernels/common/device.h"

/// Batch normalisation (Ioffe and Szegedy, 2015) over rows = images*height*width for each channel:
/// out = (x - mean) * inv_std * weight + bias, inv_std = 1 / sqrt(variance + epsilon).
namespace kernels {

/// What the kernel that wrote x (rows, channels) can find out about it on the way, so that batch_norm need
/// not read x for its statistics. Rows are cut into parts; the last may be shorter than the others.
template <typename T>
struct PartialMoments {
    /// (parts, 2, channels): for each part the mean of its rows, and the sum of squared deviations from it.
    /// Null: there are none.
    const T* moments = nullptr;
    std::int64_t rows_per_part = 0;
};

/// Training: mean and biased variance of this batch normalise; the running statistics move towards them,
/// running = (1 - momentum) * running + momentum * batch, with the unbiased variance (rows - 1; rows >= 2).
template <typename T>
struct BatchNormTrainForward {
    T* out;           ///< (rows, channels)
    T* mean;          ///< (channels), saved for the backward
    T* inv_std;       ///< (channels), saved for the backward
    T* running_mean;  ///< (channels), updated
    T* running_var;   ///< (channels), updated
    const T* x;       ///< (rows, channels)
    const T* weight;  ///< (channels)
    const T* bias;    ///< (channels)
    T epsilon, momentum;
    std::int64_t rows, channels;
};

/// Evaluation: the running statistics normalise, and nothing else is written.
template <typename T>
struct BatchNormEvalForward {
    T* out;
    const T* x;
    const T* running_mean;
    const T* running_var;
    const T* weight;
    const T* bias;
    T epsilon;
    std::int64_t rows, channels;
};

/// With x_hat = (x - mean) * inv_std:
///   d_bias += sum of d_out, d_weight += sum of d_out * x_hat, and
///   d_x += weight * inv_std * (d_out - mean of d_out - x_hat * mean of (d_out * x_hat))
/// where the mean and inv_std came from this batch; where they are constants (evaluation), the two means are
/// absent:
///   d_x += weight * inv_std * d_out.
template <typename T>
struct BatchNormBackward {
    T* d_x;         ///< (rows, channels); null if not wanted
    T* d_weight;    ///< (channels)
    T* d_bias;      ///< (channels)
    const T* mean;  ///< saved: of the batch, or the running mean
    const T* inv_std;
    const T* d_out;
    const T* x;
    const T* weight;
    bool batch_statistics;  ///< whether mean and inv_std depend on x
    std::int64_t rows, channels;
};

void batch_norm_train_forward(Device device, const BatchNormTrainForward<float>& args);
void batch_norm_eval_forward(Device device, const BatchNormEvalForward<float>& args);
void batch_norm_backward(Device device, const BatchNormBackward<float>& args);

namespace reference {
template <typename T>
void batch_norm_train_forward(const BatchNormTrainForward<T>& args);
template <typename T>
void batch_norm_eval_forward(const BatchNormEvalForward<T>& args);
template <typename T>
void batch_norm_backward(const BatchNormBackward<T>& args);
}  // namespace reference

namespace cpu {
void batch_norm_train_forward(const BatchNormTrainForward<float>& args);
void batch_norm_eval_forward(const BatchNormEvalForward<float>& args);
void batch_norm_backward(const BatchNormBackward<float>& args);
}  // namespace cpu

namespace cuda {
void batch_norm_train_forward(const BatchNormTrainForward<float>& args);
void batch_norm_eval_forward(const BatchNormEvalForward<float>& args);
void batch_norm_backward(const BatchNormBackward<float>& args);
}  // namespace cuda

namespace emulated {
void batch_norm_train_forward(const BatchNormTrainForward<float>& args);
void batch_norm_eval_forward(const BatchNormEvalForward<float>& args);
void batch_norm_backward(const BatchNormBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
