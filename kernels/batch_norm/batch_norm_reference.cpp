#include <cmath>

#include "kernels/batch_norm/batch_norm.h"

namespace kernels::reference {
namespace {

template <typename T>
T inverse_deviation(double variance, T epsilon) {
    return static_cast<T>(1 / std::sqrt(variance + epsilon));
}

}  // namespace

template <typename T>
void batch_norm_train_forward(const BatchNormTrainForward<T>& args) {
    const auto rows = static_cast<double>(args.rows);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        double mean = 0;
        for (std::int64_t r = 0; r < args.rows; ++r) mean += args.x[r * args.channels + c] / rows;

        double squares = 0;  // of the deviations from the mean
        for (std::int64_t r = 0; r < args.rows; ++r) {
            const double deviation = args.x[r * args.channels + c] - mean;
            squares += deviation * deviation;
        }

        args.mean[c] = static_cast<T>(mean);
        args.inv_std[c] = inverse_deviation(squares / rows, args.epsilon);
        for (std::int64_t r = 0; r < args.rows; ++r) {
            const T x_hat = (args.x[r * args.channels + c] - args.mean[c]) * args.inv_std[c];
            args.out[r * args.channels + c] = x_hat * args.weight[c] + args.bias[c];
        }

        const T variance = static_cast<T>(squares / (rows - 1));
        args.running_mean[c] = (1 - args.momentum) * args.running_mean[c] + args.momentum * args.mean[c];
        args.running_var[c] = (1 - args.momentum) * args.running_var[c] + args.momentum * variance;
    }
}

template <typename T>
void batch_norm_eval_forward(const BatchNormEvalForward<T>& args) {
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const T inv_std = inverse_deviation(args.running_var[c], args.epsilon);
        for (std::int64_t r = 0; r < args.rows; ++r) {
            const T x_hat = (args.x[r * args.channels + c] - args.running_mean[c]) * inv_std;
            args.out[r * args.channels + c] = x_hat * args.weight[c] + args.bias[c];
        }
    }
}

template <typename T>
void batch_norm_backward(const BatchNormBackward<T>& args) {
    const auto rows = static_cast<double>(args.rows);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const auto x_hat = [&](std::int64_t i) { return (args.x[i] - args.mean[c]) * args.inv_std[c]; };

        double sum = 0, product = 0;  // of d_out, and of d_out * x_hat
        for (std::int64_t i = c; i < args.rows * args.channels; i += args.channels) {
            sum += args.d_out[i];
            product += static_cast<double>(args.d_out[i]) * x_hat(i);
        }
        args.d_bias[c] += static_cast<T>(sum);
        args.d_weight[c] += static_cast<T>(product);

        if (!args.d_x) continue;
        const T mean_of_d_out = static_cast<T>(args.batch_statistics ? sum / rows : 0);
        const T mean_of_product = static_cast<T>(args.batch_statistics ? product / rows : 0);
        for (std::int64_t i = c; i < args.rows * args.channels; i += args.channels) {
            args.d_x[i] += args.weight[c] * args.inv_std[c] *
                           (args.d_out[i] - mean_of_d_out - x_hat(i) * mean_of_product);
        }
    }
}

template void batch_norm_train_forward(const BatchNormTrainForward<float>&);
template void batch_norm_train_forward(const BatchNormTrainForward<double>&);
template void batch_norm_eval_forward(const BatchNormEvalForward<float>&);
template void batch_norm_eval_forward(const BatchNormEvalForward<double>&);
template void batch_norm_backward(const BatchNormBackward<float>&);
template void batch_norm_backward(const BatchNormBackward<double>&);

}  // namespace kernels::reference
