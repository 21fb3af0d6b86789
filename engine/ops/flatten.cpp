#include "kernels/flatten/flatten.h"

#include "engine/autograd.h"
#include "engine/ops/checks.h"
#include "engine/ops/flatten.h"

namespace engine {

Tensor flatten(const Tensor& x) {
    check_rank("flatten", x, 4, "(N, H, W, C)");
    const std::int64_t images = x.size(0), pixels = x.size(1) * x.size(2), channels = x.size(3);
    if (pixels == 1) return x.reshape({images, channels});

    const Tensor out = empty({images, channels * pixels}, DType::float32, x.device());
    kernels::flatten_forward(x.device(), {out.data(), x.data(), images, pixels, channels});
    if (!needs_grad({x})) return out;
    return record("flatten", out, {x}, [=](const Tensor& d_out) {
        kernels::flatten_backward(x.device(),
                                  {x.grad_target().data(), d_out.data(), images, pixels, channels});
    });
}

}  // namespace engine
