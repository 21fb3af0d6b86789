#include "kernels/dropout/dropout.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/dropout.h"

namespace engine {

Tensor dropout(const Tensor& x, double probability, const RandomStream& random) {
    if (!(probability >= 0 && probability <= 1))
        throw UsageError("probability " + std::to_string(probability), "in dropout",
                         "it lies between 0 and 1");

    const Tensor out = empty(x.shape(), x.dtype(), x.device());
    kernels::dropout_forward(x.device(), {out.data(), x.data(), probability, random.seed, random.stream,
                                          x.numel(), random.origin});
    if (!needs_grad({x})) return out;
    return record("dropout", out, {x}, [=](const Tensor& d_out) {
        kernels::dropout_backward(x.device(), {x.grad_target().data(), d_out.data(), probability, random.seed,
                                               random.stream, x.numel(), random.origin});
    });
}

}  // namespace engine
