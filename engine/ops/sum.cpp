#include "kernels/sum/sum.h"

#include "engine/autograd.h"
#include "engine/ops/mul.h"
#include "engine/ops/sum.h"

namespace engine {

Tensor sum(const Tensor& x) {
    const Tensor out = empty({}, DType::float32, x.device());
    kernels::sum_forward(x.device(), {out.data(), x.data(), x.numel()});
    if (!needs_grad({x})) return out;
    return record("sum", out, {x}, [x](const Tensor& d_out) {
        kernels::sum_backward(x.device(), {x.grad_target().data(), d_out.data(), x.numel()});
    });
}

Tensor mean(const Tensor& x) {
    return mul(sum(x), full({}, 1.0F / static_cast<float>(x.numel()), x.device()));
}

}  // namespace engine
