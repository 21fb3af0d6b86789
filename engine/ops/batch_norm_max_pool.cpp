#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"

#include "engine/autograd.h"
#include "engine/ops/batch_norm_max_pool.h"
#include "engine/ops/max_pool.h"

namespace engine {

Tensor batch_norm_max_pool(const Tensor& x, const RunningStatistics& running, const Tensor& weight,
                           const Tensor& bias, bool training, float momentum, float epsilon,
                           const PartialMoments& x_moments) {
    check_batch_norm(x, running, weight, bias, training);
    max_pool_shape(x, 2, 2);
    const kernels::BatchNormMaxPoolShape shape{x.size(0), x.size(1), x.size(2), x.size(3)};

    const Shape out_shape{shape.images, shape.out_height(), shape.out_width(), shape.channels};
    const Tensor out = empty(out_shape, DType::float32, x.device());
    const Tensor winner = empty(out_shape, DType::uint8, x.device());
    const Tensor winner_x = empty(out_shape, DType::float32, x.device());
    Tensor mean, inv_std;
    if (training) {
        mean = empty({shape.channels}, DType::float32, x.device());
        inv_std = empty({shape.channels}, DType::float32, x.device());
        const float* moments = x_moments.moments.defined() ? x_moments.moments.data() : nullptr;
        kernels::batch_norm_max_pool_train_forward(x.device(), {out.data(),
                                                                winner.data<std::uint8_t>(),
                                                                winner_x.data(),
                                                                mean.data(),
                                                                inv_std.data(),
                                                                running.mean.data(),
                                                                running.var.data(),
                                                                x.data(),
                                                                weight.data(),
                                                                bias.data(),
                                                                epsilon,
                                                                momentum,
                                                                shape,
                                                                {moments, x_moments.rows_per_part}});
    } else {
        kernels::batch_norm_max_pool_eval_forward(
            x.device(),
            {out.data(), winner.data<std::uint8_t>(), winner_x.data(), x.data(), running.mean.data(),
             running.var.data(), weight.data(), bias.data(), epsilon, shape});
    }
    if (!needs_grad({x, weight, bias})) return out;
    if (!training) {
        mean = running.mean.clone();  // it may move on before the backward runs
        inv_std = inverse_deviation(running.var, epsilon);
    }
    return record("batch_norm_max_pool", out, {x, weight, bias}, [=](const Tensor& d_out) {
        const Tensor d_weight = target_or_scratch(weight), d_bias = target_or_scratch(bias);
        const DenseTarget d_x = dense_target(x);
        kernels::batch_norm_max_pool_backward(
            x.device(), {d_x.data, d_x.holds_gradient, d_weight.data(), d_bias.data(), mean.data(),
                         inv_std.data(), winner.data<std::uint8_t>(), winner_x.data(), d_out.data(), x.data(),
                         weight.data(), training, shape});
    });
}

}  // namespace engine
