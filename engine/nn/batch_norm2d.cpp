#include "engine/nn/batch_norm2d.h"

#include "engine/ops/batch_norm_max_pool.h"
#include "engine/ops/checks.h"
#include "engine/profile.h"
#include "kernels/increment/increment.h"

namespace engine::nn {

BatchNorm2d::BatchNorm2d(const BatchNorm2dOptions& norm_options)
    : options(norm_options),
      weight(register_parameter("weight", ones({options.num_features}))),
      bias(register_parameter("bias", zeros({options.num_features}))),
      running_mean(register_buffer("running_mean", zeros({options.num_features}))),
      running_var(register_buffer("running_var", ones({options.num_features}))),
      num_batches_tracked(register_buffer("num_batches_tracked", zeros({}, DType::int64))) {}

Tensor BatchNorm2d::forward(const Tensor& x) { return run(batch_norm, x); }

Tensor BatchNorm2d::forward_max_pool(const Tensor& x) {
    const LayerScope scope(name());
    return run(batch_norm_max_pool, x);
}

Tensor BatchNorm2d::run(decltype(batch_norm)& op, const Tensor& x) {
    check_rank("BatchNorm2d", x, 4, "(N, H, W, C)");
    const Tensor out =
        op(x, {running_mean, running_var}, weight, bias, is_training(), options.momentum, options.eps);
    if (is_training())
        kernels::increment(num_batches_tracked.device(), {num_batches_tracked.data<std::int64_t>(), 1});
    return out;
}

}  // namespace engine::nn
