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

Tensor BatchNorm2d::forward(const Tensor& x) {
    check_rank("BatchNorm2d", x, 4, "(N, H, W, C)");
    const Tensor out = batch_norm(x, {running_mean, running_var}, weight, bias, is_training(),
                                  options.momentum, options.eps);
    count();
    return out;
}

Tensor BatchNorm2d::forward_max_pool(const Tensor& x, const PartialMoments& x_moments) {
    const LayerScope scope(name());
    check_rank("BatchNorm2d", x, 4, "(N, H, W, C)");
    const Tensor out = batch_norm_max_pool(x, {running_mean, running_var}, weight, bias, is_training(),
                                           options.momentum, options.eps, x_moments);
    count();
    return out;
}

void BatchNorm2d::count() {
    if (is_training())
        kernels::increment(num_batches_tracked.device(), {num_batches_tracked.data<std::int64_t>(), 1});
}

}  // namespace engine::nn
