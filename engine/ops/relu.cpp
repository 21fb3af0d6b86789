#include "kernels/relu/relu.h"

#include "engine/autograd.h"
#include "engine/ops/relu.h"

namespace engine {

Tensor relu(const Tensor& x) {
    const Tensor out = empty(x.shape(), x.dtype(), x.device());
    kernels::relu_forward(x.device(), {out.data(), x.data(), x.numel()});
    if (!needs_grad({x})) return out;
    return record("relu", out, {x}, [x, saved = out.detach()](const Tensor& d_out) {
        kernels::relu_backward(x.device(), {x.grad_target().data(), d_out.data(), saved.data(), x.numel()});
    });
}

}  // namespace engine
