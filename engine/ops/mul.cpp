#include "kernels/mul/mul.h"

#include "engine/autograd.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/mul.h"

namespace engine {

Tensor mul(const Tensor& x, const Tensor& y) {
    const kernels::Broadcast shape = broadcast("mul", x, y);
    const Tensor out = empty(broadcast_shape(x, y), DType::float32, x.device());
    kernels::mul_forward(x.device(), {out.data(), x.data(), y.data(), shape});
    if (!needs_grad({x, y})) return out;
    return record("mul", out, {x, y}, [=](const Tensor& d_out) {
        kernels::mul_backward(x.device(),
                              {target_data(x), target_data(y), d_out.data(), x.data(), y.data(), shape});
    });
}

}  // namespace engine
