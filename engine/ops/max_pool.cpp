#include "engine/ops/max_pool.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/checks.h"

namespace engine {

kernels::MaxPoolShape max_pool_shape(const Tensor& x, std::int64_t window, std::int64_t stride) {
    check_rank("max_pool", x, 4, "(N, H, W, C)");
    const kernels::MaxPoolShape shape{x.size(0), x.size(1), x.size(2),
                                      x.size(3), window,    stride == 0 ? window : stride};
    if (window < 1 || window > 16 || shape.stride < 1 || window > shape.height || window > shape.width)
        throw UsageError("window " + std::to_string(window) + ", stride " + std::to_string(shape.stride) +
                             " on images of shape " + to_string(x.shape()),
                         "in max_pool", "the window is 1 to 16 and fits the image, the stride is at least 1");
    return shape;
}

Tensor max_pool(const Tensor& x, std::int64_t window, std::int64_t stride) {
    const kernels::MaxPoolShape shape = max_pool_shape(x, window, stride);
    const Shape out_shape{shape.images, shape.out_height(), shape.out_width(), shape.channels};
    const Tensor out = empty(out_shape, DType::float32, x.device());
    const Tensor winner = empty(out_shape, DType::uint8, x.device());
    kernels::max_pool_forward(x.device(), {out.data(), winner.data<std::uint8_t>(), x.data(), shape});
    if (!needs_grad({x})) return out;
    return record("max_pool", out, {x}, [=](const Tensor& d_out) {
        kernels::max_pool_backward(
            x.device(), {x.grad_target().data(), d_out.data(), winner.data<std::uint8_t>(), shape});
    });
}

}  // namespace engine
