#include <pybind11/stl.h>

#include "bindings.h"
#include "engine/metrics.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/dropout.h"
#include "engine/ops/flatten.h"
#include "engine/ops/linear.h"
#include "engine/ops/max_pool.h"
#include "engine/ops/relu.h"
#include "engine/ops/sum.h"
#include "engine/random.h"

namespace python {

using engine::Tensor;

void bind_ops(py::module_& module) {
    using WithoutGil = py::call_guard<py::gil_scoped_release>;
    module.def("relu", &engine::relu, py::arg("x"), WithoutGil(), "max(x, 0), element by element.");
    module.def("sum", &engine::sum, py::arg("x"), WithoutGil(), "The sum of all elements.");
    module.def("mean", &engine::mean, py::arg("x"), WithoutGil(), "The mean of all elements.");
    module.def(
        "linear",
        [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
            return engine::linear(x, weight, bias.value_or(Tensor()));
        },
        py::arg("x"), py::arg("weight"), py::arg("bias") = py::none(), WithoutGil(),
        "x weight^T + bias: (N, in) by (out, in) gives (N, out).");
    module.def(
        "conv2d",
        [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, std::int64_t stride,
           std::int64_t padding) {
            return engine::conv2d(x, weight, bias.value_or(Tensor()), stride, padding);
        },
        py::arg("x"), py::arg("weight"), py::arg("bias") = py::none(), py::arg("stride") = 1,
        py::arg("padding") = 0, WithoutGil(), "Convolution of x (N, H, W, in) with weight (out, k, k, in).");
    module.def("max_pool", &engine::max_pool, py::arg("x"), py::arg("window"), py::arg("stride") = 0,
               WithoutGil(),
               "Maximum over square windows of x (N, H, W, C); stride 0 means the window's size.");
    module.def("adaptive_avg_pool", &engine::adaptive_avg_pool, py::arg("x"), py::arg("out_height"),
               py::arg("out_width"), WithoutGil(), "Mean over bins of x (N, H, W, C), as PyTorch cuts them.");
    module.def("flatten", &engine::flatten, py::arg("x"), WithoutGil(),
               "(N, H, W, C) to (N, C*H*W) in PyTorch's order, channel first.");
    module.def(
        "dropout",
        [](const Tensor& x, double probability) {
            return engine::dropout(x, probability, engine::default_generator().next());
        },
        py::arg("x"), py::arg("probability"), WithoutGil(),
        "Sets elements to zero with that probability and scales the others by 1 / (1 - probability).");
    module.def(
        "batch_norm",
        [](const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
           const Tensor& bias, bool training, float momentum, float epsilon) {
            return engine::batch_norm(x, {running_mean, running_var}, weight, bias, training, momentum,
                                      epsilon);
        },
        py::arg("x"), py::arg("running_mean"), py::arg("running_var"), py::arg("weight"), py::arg("bias"),
        py::arg("training"), py::arg("momentum") = 0.1F, py::arg("epsilon") = 1e-5F, WithoutGil(),
        "Normalises x (..., C) over all but the last dimension, then scales and shifts.");
    module.def("cross_entropy", &engine::cross_entropy, py::arg("logits"), py::arg("labels"),
               py::arg("label_smoothing") = 0.0F, WithoutGil(),
               "Softmax cross-entropy of logits (N, C) against labels (N) int64, mean over the batch.");
    module.def("class_probabilities", &engine::class_probabilities, py::arg("logits"), WithoutGil(),
               "The softmax of each row of the logits (N, C), outside the graph.");
}

}  // namespace python
