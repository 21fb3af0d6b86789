#include "kernels/batch_norm/batch_norm.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/checks.h"
#include "kernels/inverse_deviation/inverse_deviation.h"

namespace engine {

std::int64_t check_batch_norm(const Tensor& x, const RunningStatistics& running, const Tensor& weight,
                              const Tensor& bias, bool training) {
    check_float("batch_norm", "the input", x);
    const std::int64_t channels = x.size(-1), rows = channels == 0 ? 0 : x.numel() / channels;
    check_shape("batch_norm", "weight", weight, {channels});
    check_shape("batch_norm", "bias", bias, {channels});
    check_shape("batch_norm", "running mean", running.mean, {channels});
    check_shape("batch_norm", "running variance", running.var, {channels});
    check_device("batch_norm", x, {weight, bias, running.mean, running.var});
    if (training && rows < 2)
        throw UsageError("one value per channel, shape " + to_string(x.shape()), "in batch_norm (training)",
                         "use a larger batch or eval mode: one value has no variance");
    return rows;
}

Tensor inverse_deviation(const Tensor& var, float epsilon) {
    const Tensor result = empty(var.shape(), DType::float32, var.device());
    kernels::inverse_deviation(var.device(), {result.data(), var.data(), epsilon, var.numel()});
    return result;
}

Tensor batch_norm(const Tensor& x, const RunningStatistics& running, const Tensor& weight, const Tensor& bias,
                  bool training, float momentum, float epsilon) {
    const std::int64_t rows = check_batch_norm(x, running, weight, bias, training), channels = x.size(-1);
    const Tensor out = empty(x.shape(), DType::float32, x.device());
    Tensor mean, inv_std;
    if (training) {
        mean = empty({channels}, DType::float32, x.device());
        inv_std = empty({channels}, DType::float32, x.device());
        kernels::batch_norm_train_forward(
            x.device(), {out.data(), mean.data(), inv_std.data(), running.mean.data(), running.var.data(),
                         x.data(), weight.data(), bias.data(), epsilon, momentum, rows, channels});
    } else {
        kernels::batch_norm_eval_forward(
            x.device(), {out.data(), x.data(), running.mean.data(), running.var.data(), weight.data(),
                         bias.data(), epsilon, rows, channels});
    }
    if (!needs_grad({x, weight, bias})) return out;
    if (!training) {
        mean = running.mean.clone();  // it may move on before the backward runs
        inv_std = inverse_deviation(running.var, epsilon);
    }
    return record("batch_norm", out, {x, weight, bias}, [=](const Tensor& d_out) {
        const Tensor d_weight = target_or_scratch(weight), d_bias = target_or_scratch(bias);
        kernels::batch_norm_backward(
            x.device(), {target_data(x), d_weight.data(), d_bias.data(), mean.data(), inv_std.data(),
                         d_out.data(), x.data(), weight.data(), training, rows, channels});
    });
}

}  // namespace engine
