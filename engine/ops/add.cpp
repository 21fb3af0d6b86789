#include "kernels/add/add.h"

#include "engine/autograd.h"
#include "engine/ops/add.h"
#include "engine/ops/broadcast.h"

namespace engine {

Tensor add(const Tensor& x, const Tensor& y, float alpha) {
    const kernels::Broadcast shape = broadcast("add", x, y);
    const Tensor out = empty(broadcast_shape(x, y), DType::float32, x.device());
    kernels::add_forward(x.device(), {out.data(), x.data(), y.data(), alpha, shape});
    if (!needs_grad({x, y})) return out;
    return record("add", out, {x, y}, [=](const Tensor& d_out) {
        kernels::add_backward(x.device(), {target_data(x), target_data(y), d_out.data(), alpha, shape});
    });
}

}  // namespace engine
