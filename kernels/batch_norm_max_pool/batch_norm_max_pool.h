#pragma once

#include <cstdint>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/common/device.h"

/// batch_norm (kernels/batch_norm) and then max_pool (kernels/max_pool) over 2x2 windows, stride 2, as one
/// op: neither the normalised tensor, four times as large as the result, nor its gradient is ever in memory.
/// What is computed is the same: the winner of a window is chosen among normalised values, and elements of an
/// odd last row or column, in no window, count in the statistics.
namespace kernels {

struct BatchNormMaxPoolShape {
    std::int64_t images, height, width, channels;

    constexpr std::int64_t out_height() const { return height / 2; }
    constexpr std::int64_t out_width() const { return width / 2; }
    constexpr std::int64_t rows() const { return images * height * width; }  ///< that are normalised
    constexpr std::int64_t out_rows() const { return images * out_height() * out_width(); }
};

/// Training: by mean and biased variance of this batch; the running statistics move towards them. rows >= 2.
template <typename T>
struct BatchNormMaxPoolTrainForward {
    T* out;                ///< (images, out_height, out_width, channels)
    std::uint8_t* winner;  ///< same shape; saved: place of the maximum in its window, row * 2 + column
    T* winner_x;           ///< same shape; saved: x at that place
    T* mean;               ///< (channels), saved
    T* inv_std;            ///< (channels), saved
    T* running_mean;       ///< (channels), updated
    T* running_var;        ///< (channels), updated
    const T* x;            ///< (images, height, width, channels)
    const T* weight;       ///< (channels)
    const T* bias;         ///< (channels)
    T epsilon, momentum;
    BatchNormMaxPoolShape shape;
    PartialMoments<T> x_moments = {};  ///< GPUs alone use them
};

/// Evaluation: by the running statistics, which stay.
template <typename T>
struct BatchNormMaxPoolEvalForward {
    T* out;
    std::uint8_t* winner;
    T* winner_x;
    const T* x;
    const T* running_mean;
    const T* running_var;
    const T* weight;
    const T* bias;
    T epsilon;
    BatchNormMaxPoolShape shape;
};

/// With d_y(p) the d_out of the window that pixel p won, or 0, and x_hat = (x - mean) * inv_std:
///   d_bias += sum of d_y, d_weight += sum of d_y * x_hat, which are sums over the winners alone, and
///   d_x (+)= weight * inv_std * (d_y - mean of d_y - x_hat * mean of (d_y * x_hat))
/// where the mean and inv_std came from this batch; where they are constants (evaluation), the two means are
/// absent.
template <typename T>
struct BatchNormMaxPoolBackward {
    T* d_x;           ///< (images, height, width, channels); null if not wanted
    bool add_to_d_x;  ///< whether d_x holds a gradient already; if not, every element is overwritten
    T* d_weight;      ///< (channels)
    T* d_bias;        ///< (channels)
    const T* mean;    ///< saved: of the batch, or the running mean
    const T* inv_std;
    const std::uint8_t* winner;
    const T* winner_x;
    const T* d_out;
    const T* x;
    const T* weight;
    bool batch_statistics;  ///< whether mean and inv_std depend on x
    BatchNormMaxPoolShape shape;
};

void batch_norm_max_pool_train_forward(Device device, const BatchNormMaxPoolTrainForward<float>& args);
void batch_norm_max_pool_eval_forward(Device device, const BatchNormMaxPoolEvalForward<float>& args);
void batch_norm_max_pool_backward(Device device, const BatchNormMaxPoolBackward<float>& args);

namespace reference {
template <typename T>
void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<T>& args);
template <typename T>
void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<T>& args);
template <typename T>
void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<T>& args);
}  // namespace reference

namespace cpu {
void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>& args);
void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>& args);
void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>& args);
}  // namespace cpu

namespace cuda {
void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>& args);
void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>& args);
void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>& args);
}  // namespace cuda

namespace emulated {
void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>& args);
void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>& args);
void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
