#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/checks.h"

namespace engine {

Tensor adaptive_avg_pool(const Tensor& x, std::int64_t out_height, std::int64_t out_width) {
    check_rank("adaptive_avg_pool", x, 4, "(N, H, W, C)");
    if (out_height < 1 || out_width < 1 || x.size(1) < 1 || x.size(2) < 1)
        throw UsageError("output size " + std::to_string(out_height) + "x" + std::to_string(out_width) +
                             " of images of shape " + to_string(x.shape()),
                         "in adaptive_avg_pool", "both have at least one row and column");
    const kernels::AdaptiveAvgPoolShape shape{x.size(0), x.size(1),  x.size(2),
                                              x.size(3), out_height, out_width};

    const Tensor out =
        empty({shape.images, out_height, out_width, shape.channels}, DType::float32, x.device());
    kernels::adaptive_avg_pool_forward(x.device(), {out.data(), x.data(), shape});
    if (!needs_grad({x})) return out;
    return record("adaptive_avg_pool", out, {x}, [=](const Tensor& d_out) {
        kernels::adaptive_avg_pool_backward(x.device(), {x.grad_target().data(), d_out.data(), shape});
    });
}

}  // namespace engine
