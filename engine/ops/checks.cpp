#include "engine/ops/checks.h"

#include "engine/error.h"

namespace engine {
namespace {

std::string in_op(std::string_view op) { return "in " + std::string(op); }

}  // namespace

void check_float(std::string_view op, std::string_view what, const Tensor& x) {
    if (!x.defined())
        throw UsageError(std::string(what) + " is undefined", in_op(op),
                         "pass a tensor that has been assigned");
    if (x.dtype() != DType::float32)
        throw UsageError(std::string(what) + " is " + name(x.dtype()), in_op(op), "pass a float32 tensor");
}

void check_rank(std::string_view op, const Tensor& x, int rank, std::string_view layout) {
    check_float(op, "the input", x);
    if (x.shape().rank() != rank)
        throw UsageError("the input has shape " + to_string(x.shape()), in_op(op),
                         "it must be " + std::string(layout));
}

void check_shape(std::string_view op, std::string_view parameter_name, const Tensor& parameter,
                 const Shape& shape) {
    check_float(op, parameter_name, parameter);
    if (parameter.shape() != shape)
        throw UsageError(std::string(parameter_name) + " has shape " + to_string(parameter.shape()),
                         in_op(op), "it must be " + to_string(shape));
}

void check_device(std::string_view op, const Tensor& x, std::initializer_list<Tensor> others) {
    for (const Tensor& other : others)
        if (other.defined() && other.device() != x.device())
            throw UsageError(std::string("tensors on devices '") + kernels::name(x.device()) + "' and '" +
                                 kernels::name(other.device()) + "'",
                             in_op(op), "move them to one device");
}

}  // namespace engine
