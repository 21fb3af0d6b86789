#include <memory>
#include <optional>
#include <string>

#include <pybind11/stl.h>

#include "bindings.h"
#include "engine/error.h"
#include "engine/nn/attention_conv.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/conv2d.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/dropout.h"
#include "engine/nn/flatten.h"
#include "engine/nn/linear.h"
#include "engine/nn/pooling.h"
#include "engine/nn/relu.h"
#include "engine/nn/sequential.h"

namespace python {

using engine::Tensor;
namespace nn = engine::nn;

namespace {

/// A module whose forward is written in Python, and which Python may give parts.
class PythonModule : public nn::Layer {
  public:
    using nn::Layer::register_buffer;
    using nn::Layer::register_module;
    using nn::Layer::register_parameter;
    Tensor forward(const Tensor& x) override { PYBIND11_OVERRIDE_PURE(Tensor, nn::Layer, forward, x); }
};

PythonModule& own(nn::Layer& module) {
    auto* result = dynamic_cast<PythonModule*>(&module);
    if (result == nullptr)
        throw engine::UsageError("a part for one of the engine's own layers", "in Module",
                                 "derive a class from nn.Module, and give that the part");
    return *result;
}

/// An attribute that is a module becomes a part of the network under that name, as in PyTorch. It stays an
/// attribute, too, which keeps a forward that is written in Python alive.
void set_attribute(const py::object& self, const py::str& name, const py::object& value) {
    if (py::isinstance<nn::Layer>(value))
        own(self.cast<nn::Layer&>()).register_module(name, value.cast<std::shared_ptr<nn::Layer>>());
    py::module_::import("builtins").attr("object").attr("__setattr__")(self, name, value);
}

py::dict children(const nn::Layer& module) {
    py::dict result;
    for (const auto& [name, child] : module.named_children())
        result[py::str(name)] = std::dynamic_pointer_cast<nn::Layer>(child);
    return result;
}

using ModuleClass = py::class_<nn::Layer, PythonModule, std::shared_ptr<nn::Layer>>;

void bind_parts(ModuleClass& module) {
    module.def("__setattr__", &set_attribute)
        .def(
            "register_parameter",
            [](nn::Layer& self, std::string name, Tensor tensor) {
                return own(self).register_parameter(std::move(name), std::move(tensor));
            },
            py::arg("name"), py::arg("tensor"), "Makes a tensor a trained part of the module; returns it.")
        .def(
            "register_buffer",
            [](nn::Layer& self, std::string name, Tensor tensor) {
                return own(self).register_buffer(std::move(name), std::move(tensor));
            },
            py::arg("name"), py::arg("tensor"), "Makes a tensor a saved but not trained part; returns it.")
        .def("children", &children, "The modules directly within, by name.")
        .def("parameters", &nn::Layer::parameters, "All parameters, also those of the modules within.")
        .def("named_parameters", &nn::Layer::named_parameters, "The same with their names.");
}

void bind_state(ModuleClass& module) {
    module
        .def(
            "state_dict", [](const nn::Layer& self) { return to_dict(self.state_dict()); },
            "Parameters and buffers as arrays (copies) under PyTorch's names and in its layouts: filters are "
            "(O, I, H, W). torch.nn.Module.load_state_dict takes them, through torch.from_numpy.")
        .def(
            "load_state_dict",
            [](nn::Layer& self, const py::dict& state) { self.load_state_dict(from_dict(state)); },
            py::arg("state"),
            "Copies such arrays, or PyTorch's tensors on the CPU, in. Nothing is changed if one does not "
            "fit.")
        .def_property_readonly("training", &nn::Layer::is_training)
        .def("train", &nn::Layer::train, py::arg("on") = true,
             "Training mode, for this module and all within.")
        .def("eval", &nn::Layer::eval, "Evaluation mode: no dropout, batch norm by its running statistics.")
        .def("zero_grad", &nn::Layer::zero_grad, "Forgets all gradients.")
        .def(
            "to", [](nn::Layer& self, const std::string& device) { self.to(to_device(device)); },
            py::arg("device"),
            "Moves parameters and buffers to a device, in place; before an optimiser is made.")
        .def_property_readonly("device", [](const nn::Layer& self) { return kernels::name(self.device()); });
}

ModuleClass bind_module(py::module_& module) {
    ModuleClass base(module, "Module", py::dynamic_attr(), R"(A part of a network. Write your own:

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(2, 16)   # registered as "hidden"
            self.out = nn.Linear(16, 2)

        def forward(self, x):
            return self.out(ce.relu(self.hidden(x))))");
    base.def(py::init<>())
        .def("forward", &nn::Layer::forward, py::arg("x"), py::call_guard<py::gil_scoped_release>())
        .def("__call__", &nn::Layer::operator(), py::arg("x"), py::call_guard<py::gil_scoped_release>());
    bind_parts(base);
    bind_state(base);
    return base;
}

template <typename M>
using LayerClass = py::class_<M, nn::Layer, std::shared_ptr<M>>;

void bind_layers_with_weights(py::module_& module) {
    LayerClass<nn::Linear>(module, "Linear", "x weight^T + bias, from (N, in_features) to (N, out_features).")
        .def(py::init<std::int64_t, std::int64_t>(), py::arg("in_features"), py::arg("out_features"))
        .def_readonly("weight", &nn::Linear::weight)
        .def_readonly("bias", &nn::Linear::bias);
    LayerClass<nn::Conv2d>(module, "Conv2d",
                           "Convolution with bias, of (N, H, W, in_channels); weight (O, k, k, I).")
        .def(py::init([](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding) {
                 return std::make_shared<nn::Conv2d>(nn::Conv2dOptions{in, out, kernel, stride, padding});
             }),
             py::arg("in_channels"), py::arg("out_channels"), py::arg("kernel_size"), py::arg("stride") = 1,
             py::arg("padding") = 0)
        .def_readonly("weight", &nn::Conv2d::weight)
        .def_readonly("bias", &nn::Conv2d::bias);
    LayerClass<nn::BatchNorm2d>(module, "BatchNorm2d", "Batch normalisation of (N, H, W, num_features).")
        .def(py::init([](std::int64_t features, float eps, float momentum) {
                 return std::make_shared<nn::BatchNorm2d>(nn::BatchNorm2dOptions{features, eps, momentum});
             }),
             py::arg("num_features"), py::arg("eps") = 1e-5F, py::arg("momentum") = 0.1F)
        .def_readonly("weight", &nn::BatchNorm2d::weight)
        .def_readonly("bias", &nn::BatchNorm2d::bias)
        .def_readonly("running_mean", &nn::BatchNorm2d::running_mean)
        .def_readonly("running_var", &nn::BatchNorm2d::running_var);
    LayerClass<nn::AttentionConv>(
        module, "AttentionConv",
        "Three parallel 3x3 convolutions, weighted by each image for itself, as one op.")
        .def(py::init<std::int64_t, std::int64_t>(), py::arg("in_channels"), py::arg("out_channels"))
        .def("attend", &nn::AttentionConv::attend, py::arg("x"), "The weights of the three, (N, 3).");
}

void bind_layers_without_weights(py::module_& module) {
    LayerClass<nn::ReLU>(module, "ReLU", "max(x, 0)").def(py::init<>());
    LayerClass<nn::Flatten>(module, "Flatten", "(N, H, W, C) to (N, C*H*W), in PyTorch's order.")
        .def(py::init<>());
    LayerClass<nn::Dropout>(module, "Dropout", "Drops elements in training, does nothing in evaluation.")
        .def(py::init<double>(), py::arg("probability") = 0.5);
    LayerClass<nn::MaxPool2d>(module, "MaxPool2d",
                              "Maximum over square windows; stride 0 means the window's size.")
        .def(py::init<std::int64_t, std::int64_t>(), py::arg("kernel_size"), py::arg("stride") = 0);
    LayerClass<nn::AdaptiveAvgPool2d>(module, "AdaptiveAvgPool2d",
                                      "Mean over bins, for an output of that size.")
        .def(py::init<std::int64_t, std::int64_t>(), py::arg("height"), py::arg("width"));
}

void bind_sequential(py::module_& module) {
    LayerClass<nn::Sequential>(module, "Sequential",
                               "Sequential(a, b, c): modules one after the other, named 0, 1, 2.")
        .def(py::init([](const py::args& layers) {
                 auto result = std::make_shared<nn::Sequential>();
                 for (const py::handle layer : layers)
                     result->push_back(layer.cast<std::shared_ptr<nn::Layer>>());
                 return result;
             }),
             py::keep_alive<1, 2>())
        .def(
            "append",
            [](nn::Sequential& self, const std::shared_ptr<nn::Layer>& layer) { self.push_back(layer); },
            py::arg("layer"), py::keep_alive<1, 2>())
        .def("__len__", &nn::Sequential::size)
        .def("__getitem__", [](const nn::Sequential& self, std::size_t index) { return self[index]; });
}

}  // namespace

void bind_nn(py::module_& module) {
    py::module_ within = submodule(module, "nn", "Layers, and what networks are made of.");
    bind_module(within);
    bind_layers_with_weights(within);
    bind_layers_without_weights(within);
    bind_sequential(within);
    py::class_<nn::CrossEntropyLoss>(
        within, "CrossEntropyLoss",
        "Softmax cross-entropy of logits (N, C) against labels (N), mean over the batch.")
        .def(py::init<float>(), py::arg("label_smoothing") = 0.0F)
        .def("__call__", &nn::CrossEntropyLoss::operator(), py::arg("logits"), py::arg("labels"),
             py::call_guard<py::gil_scoped_release>());
}

}  // namespace python
