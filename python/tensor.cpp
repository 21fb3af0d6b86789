#include "engine/tensor.h"

#include <optional>
#include <sstream>

#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "bindings.h"
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/nn/init.h"
#include "engine/ops/arithmetic.h"

namespace python {

using engine::DType;
using engine::Shape;
using engine::Tensor;

engine::Device to_device(const std::string& name) {
    for (const kernels::Device device :
         {kernels::Device::cpu, kernels::Device::cuda, kernels::Device::emulated}) {
        if (kernels::name(device) != name) continue;
        kernels::require_usable(device);
        return device;
    }
    throw engine::UsageError("the device '" + name + "'", "in to", "it is cpu, cuda or emulated");
}

namespace {

Shape to_shape(const std::vector<std::int64_t>& extents) {
    return Shape(extents.data(), extents.data() + extents.size());
}

py::tuple shape_tuple(const Tensor& tensor) {
    py::tuple result(tensor.shape().rank());
    for (int i = 0; i < tensor.shape().rank(); ++i) result[static_cast<std::size_t>(i)] = tensor.size(i);
    return result;
}

std::string representation(const py::object& self) {
    const auto tensor = self.cast<Tensor>();
    const Tensor there = tensor.to(engine::Device::cpu);
    std::ostringstream text;
    text << "Tensor("
         << py::str(py::module_::import("numpy").attr("array2string")(
                to_array(there), py::arg("separator") = ", ", py::arg("prefix") = "Tensor("));
    if (tensor.dtype() != DType::float32) text << ", dtype=" << name(tensor.dtype());
    if (tensor.device() != engine::Device::cpu) text << ", device=" << kernels::name(tensor.device());
    if (tensor.requires_grad()) text << ", requires_grad=True";
    text << ")";
    return text.str();
}

/// `with no_grad():`
class NoGrad {
  public:
    void enter() { guard_.emplace(); }
    void exit(const py::args&) { guard_.reset(); }

  private:
    std::optional<engine::NoGradGuard> guard_;
};

using TensorClass = py::class_<Tensor>;

void bind_facts(TensorClass& tensor) {
    tensor.def_property_readonly("shape", &shape_tuple)
        .def_property_readonly(
            "dtype", [](const Tensor& x) { return name(x.dtype()); }, "float32, int64 or uint8")
        .def_property_readonly("device", [](const Tensor& x) { return kernels::name(x.device()); })
        .def("__len__",
             [](const Tensor& x) {
                 if (x.shape().rank() == 0) throw py::type_error("len() of a scalar");
                 return x.size(0);
             })
        .def("numel", &Tensor::numel, "The number of elements.")
        .def("item", &Tensor::item, "The value of a tensor with one element.")
        .def("__float__", &Tensor::item)
        .def("__repr__", &representation);
}

void bind_memory(TensorClass& tensor) {
    tensor
        .def(
            "numpy", [](const py::object& self) { return array_on(self.cast<Tensor>(), self); },
            "An array on the same memory, without a copy; it keeps the memory alive. Outside the graph.")
        .def(
            "nchw",
            [](const py::object& self) {
                const py::array array = array_on(self.cast<Tensor>(), self);
                if (array.ndim() != 4)
                    throw engine::UsageError("a tensor of " + std::to_string(array.ndim()) + " dimensions",
                                             "in Tensor.nchw", "use numpy()");
                return py::array(array.attr("transpose")(0, 3, 1, 2));
            },
            "Images (N, H, W, C) as an array (N, C, H, W), or filters (O, H, W, I) as (O, I, H, W), on the "
            "same "
            "memory, without a copy.")
        .def_property_readonly(
            "__array_interface__",
            [](const py::object& self) {
                return array_on(self.cast<Tensor>(), self).attr("__array_interface__");
            },
            "For numpy.asarray(tensor), which does not copy.")
        .def(
            "data_ptr",
            [](const py::object& self) {
                return reinterpret_cast<std::uintptr_t>(array_on(self.cast<Tensor>(), self).data());
            },
            "The address of the first element.")
        .def("reshape", &Tensor::reshape, py::arg("shape"),
             "The same elements under another shape, on the same memory; one extent may be -1.")
        .def("detach", &Tensor::detach, "The same elements outside the graph, on the same memory.")
        .def("clone", &Tensor::clone, "A copy of the elements, outside the graph.")
        .def("copy_", &Tensor::copy_, py::arg("source"),
             "Overwrites the elements with those of another tensor.")
        .def(
            "to", [](const Tensor& x, const std::string& device) { return x.to(to_device(device)); },
            py::arg("device"),
            "A copy on that device, outside the graph; this tensor itself if it is there.");
    tensor.attr("__array_ufunc__") = py::none();  // array * tensor: NumPy leaves it to the tensor
}

void bind_autograd(TensorClass& tensor) {
    tensor
        .def_property("requires_grad", &Tensor::requires_grad,
                      [](Tensor& x, bool wanted) { x.set_requires_grad(wanted); })
        .def(
            "requires_grad_",
            [](const py::object& self, bool wanted) {
                self.cast<Tensor&>().set_requires_grad(wanted);
                return self;
            },
            py::arg("wanted") = true, "Asks for gradients; returns this tensor.")
        .def_property_readonly("is_leaf", &Tensor::is_leaf)
        .def_property_readonly(
            "grad",
            [](const Tensor& x) -> std::optional<Tensor> {
                return x.grad().defined() ? std::optional(x.grad()) : std::nullopt;
            },
            "What backward() has added up so far, or None.")
        .def("zero_grad", &Tensor::zero_grad, "Forgets the gradient.")
        .def("backward", &Tensor::backward, py::call_guard<py::gil_scoped_release>(),
             "From a scalar: adds to the gradient of every leaf it was computed from, then frees the graph.");
}

void bind_arithmetic(TensorClass& tensor) {
    tensor.def(py::self + py::self, "x + y, broadcast as NumPy does")
        .def(py::self - py::self)
        .def(py::self * py::self)
        .def(py::self + float())
        .def(py::self - float())
        .def(py::self * float())
        .def(py::self / float())
        .def(float() + py::self)
        .def(float() - py::self)
        .def(float() * py::self)
        .def(-py::self)
        .def("sum", &engine::sum, "The sum of all elements.")
        .def("mean", &engine::mean, "The mean of all elements.");
}

template <typename Make>
void bind_filled(py::module_& module, const char* name, const char* documentation, Make make) {
    module.def(
        name, [make](const std::vector<std::int64_t>& shape) { return make(to_shape(shape)); },
        py::arg("shape"), documentation);
}

}  // namespace

void bind_tensor(py::module_& module) {
    TensorClass tensor(
        module, "Tensor",
        "A dense array and, if gradients are asked for, its place in the autograd graph. Made by "
        "from_numpy (shares memory), tensor (copies), zeros, ones, uniform, and by ops.");
    bind_facts(tensor);
    bind_memory(tensor);
    bind_autograd(tensor);
    bind_arithmetic(tensor);

    module.def(
        "from_numpy", &share_array, py::arg("array"),
        "A tensor on the array's memory, without a copy; it keeps the array alive, and what either side "
        "writes "
        "the other sees. The array is float32, int64 or uint8, C-contiguous and writable (else UsageError).");
    module.def(
        "tensor", &copy_array, py::arg("data"),
        "A tensor with a copy of an array, or of what NumPy makes one of: floating-point numbers become "
        "float32, uint8 stays, other integers and bools become int64.");
    module.def("from_nchw", &from_channels_first, py::arg("array"),
               "Images (N, C, H, W) as a tensor (N, H, W, C), or filters (O, I, H, W) as (O, H, W, I). "
               "Shares memory "
               "if the array lies channel-last (what Tensor.nchw() gives), else copies.");
    bind_filled(module, "zeros", "A float32 tensor of zeros.",
                [](const Shape& shape) { return engine::zeros(shape); });
    bind_filled(module, "ones", "A float32 tensor of ones.",
                [](const Shape& shape) { return engine::ones(shape); });
    module.def(
        "uniform",
        [](const std::vector<std::int64_t>& shape, float bound) {
            return engine::nn::uniform(to_shape(shape), bound);
        },
        py::arg("shape"), py::arg("bound") = 1.0F, "Random numbers, uniform in [-bound, bound).");

    py::class_<NoGrad>(module, "no_grad", "with no_grad(): ops are not recorded, which evaluation needs not.")
        .def(py::init<>())
        .def("__enter__", &NoGrad::enter)
        .def("__exit__", &NoGrad::exit);
}

}  // namespace python
