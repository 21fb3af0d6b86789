#include <algorithm>
#include <vector>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/max_pool/max_pool.h"

// By definition: one op after the other, with the tensor between them in memory.
namespace kernels::reference {
namespace {

MaxPoolShape pool_shape(const BatchNormMaxPoolShape& s) {
    return {s.images, s.height, s.width, s.channels, 2, 2};
}

template <typename T>
std::vector<T> zeros_like_x(const BatchNormMaxPoolShape& s) {
    return std::vector<T>(static_cast<std::size_t>(s.rows() * s.channels));
}

/// Pools what was normalised; `Forward` is that of training or of evaluation.
template <typename T, template <typename> typename Forward>
void pool(const Forward<T>& args, const std::vector<T>& normalised) {
    const BatchNormMaxPoolShape& s = args.shape;
    max_pool_forward(MaxPoolForward<T>{args.out, args.winner, normalised.data(), pool_shape(s)});
    std::int64_t out = 0;
    for (std::int64_t n = 0; n < s.images; ++n) {
        for (std::int64_t i = 0; i < s.out_height(); ++i) {
            for (std::int64_t j = 0; j < s.out_width(); ++j) {
                for (std::int64_t c = 0; c < s.channels; ++c, ++out) {
                    const std::int64_t row = 2 * i + args.winner[out] / 2;
                    const std::int64_t column = 2 * j + args.winner[out] % 2;
                    args.winner_x[out] = args.x[((n * s.height + row) * s.width + column) * s.channels + c];
                }
            }
        }
    }
}

}  // namespace

template <typename T>
void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<T>& args) {
    auto normalised = zeros_like_x<T>(args.shape);
    batch_norm_train_forward(BatchNormTrainForward<T>{
        normalised.data(), args.mean, args.inv_std, args.running_mean, args.running_var, args.x, args.weight,
        args.bias, args.epsilon, args.momentum, args.shape.rows(), args.shape.channels});
    pool(args, normalised);
}

template <typename T>
void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<T>& args) {
    auto normalised = zeros_like_x<T>(args.shape);
    batch_norm_eval_forward(BatchNormEvalForward<T>{normalised.data(), args.x, args.running_mean,
                                                    args.running_var, args.weight, args.bias, args.epsilon,
                                                    args.shape.rows(), args.shape.channels});
    pool(args, normalised);
}

template <typename T>
void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<T>& args) {
    auto d_normalised = zeros_like_x<T>(args.shape);
    max_pool_backward(
        MaxPoolBackward<T>{d_normalised.data(), args.d_out, args.winner, pool_shape(args.shape)});
    if (args.d_x && !args.add_to_d_x) std::fill_n(args.d_x, d_normalised.size(), T(0));
    batch_norm_backward(BatchNormBackward<T>{args.d_x, args.d_weight, args.d_bias, args.mean, args.inv_std,
                                             d_normalised.data(), args.x, args.weight, args.batch_statistics,
                                             args.shape.rows(), args.shape.channels});
}

template void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>&);
template void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<double>&);
template void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>&);
template void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<double>&);
template void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>&);
template void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<double>&);

}  // namespace kernels::reference
