#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "bindings.h"
#include "engine/error.h"
#include "engine/serialize/layout.h"

namespace python {

using engine::DType;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;

namespace {

std::string text(const py::handle& object) { return py::str(object).cast<std::string>(); }

std::optional<DType> tensor_type(const py::array& array) {
    if (py::isinstance<py::array_t<float>>(array)) return DType::float32;
    if (py::isinstance<py::array_t<std::int64_t>>(array)) return DType::int64;
    if (py::isinstance<py::array_t<std::uint8_t>>(array)) return DType::uint8;
    return std::nullopt;
}

py::dtype array_type(DType type) {
    switch (type) {
        case DType::int64:
            return py::dtype::of<std::int64_t>();
        case DType::uint8:
            return py::dtype::of<std::uint8_t>();
        case DType::float32:
            break;
    }
    return py::dtype::of<float>();
}

Shape shape_of(const py::array& array) {
    const std::vector<std::int64_t> extents(array.shape(), array.shape() + array.ndim());
    return Shape(extents.data(), extents.data() + extents.size());
}

/// Why a tensor cannot lie on the array's memory; empty if it can.
std::string obstacle(const py::array& array) {
    if (!tensor_type(array)) return "an array of type " + text(array.dtype());
    if (!(array.flags() & py::array::c_style)) return "an array that is not C-contiguous";
    if (!array.writeable()) return "a read-only array";
    if (!(array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_)) return "an array that is not aligned";
    return "";
}

/// Keeps a Python object alive, from whatever thread it is let go of. When Python itself has ended, nothing
/// is left to let go.
std::shared_ptr<void> owner_of(const py::object& object) {
    return {new py::object(object), [](void* held) {
                auto* owned = static_cast<py::object*>(held);
                if (!Py_IsInitialized()) {
                    owned->release();
                    delete owned;
                    return;
                }
                const py::gil_scoped_acquire gil;
                delete owned;
            }};
}

template <typename T>
Tensor copied(const py::array& array) {
    const py::array_t<T, py::array::c_style | py::array::forcecast> values(array);
    const Tensor tensor = engine::empty(shape_of(values), engine::dtype_of<T>());
    std::copy_n(values.data(), values.size(), tensor.template data<T>());
    return tensor;
}

py::array transposed(const py::array& array, int second, int third, int fourth) {
    return array.attr("transpose")(0, second, third, fourth);
}

}  // namespace

py::array as_array(const py::handle& object) { return py::array(py::reinterpret_borrow<py::object>(object)); }

Tensor share_array(const py::array& array) {
    if (const std::string what = obstacle(array); !what.empty())
        throw UsageError(
            what, "in from_numpy",
            "give a writable, C-contiguous array of float32, int64 or uint8, or copy it with tensor()");
    return engine::from_memory(const_cast<void*>(array.data()), shape_of(array), *tensor_type(array),
                               owner_of(array));
}

Tensor copy_array(const py::handle& object) {
    const py::array array = as_array(object);
    switch (array.dtype().kind()) {
        case 'f':
            return copied<float>(array);
        case 'b':
        case 'i':
        case 'u':
            return tensor_type(array) == DType::uint8 ? copied<std::uint8_t>(array)
                                                      : copied<std::int64_t>(array);
        default:
            throw UsageError("an array of type " + text(array.dtype()), "in tensor",
                             "give floating-point numbers, integers or bools");
    }
}

Tensor share_or_copy(const py::array& array) {
    return obstacle(array).empty() ? share_array(array) : copy_array(array);
}

py::array array_on(const Tensor& tensor, const py::object& owner) {
    if (tensor.device() != engine::Device::cpu)
        throw UsageError(std::string("elements on device '") + kernels::name(tensor.device()) + "'",
                         "in Tensor.numpy", "copy them with to(\"cpu\") first");
    const Shape& shape = tensor.shape();
    const std::vector<py::ssize_t> extents(shape.begin(), shape.end());
    return py::array(array_type(tensor.dtype()), extents, tensor.data_ptr(), owner);
}

py::array to_array(Tensor tensor) {
    const py::object owner = py::cast(std::move(tensor));
    return array_on(owner.cast<Tensor>(), owner);
}

Tensor from_channels_first(const py::handle& object) {
    const py::array array = as_array(object);
    if (array.ndim() != 4)
        throw UsageError("an array of " + std::to_string(array.ndim()) + " dimensions", "in from_nchw",
                         "give images (N, C, H, W) or weights (O, I, H, W)");
    return share_or_copy(transposed(array, 2, 3, 1));
}

py::dict to_dict(const engine::nn::NamedTensors& tensors) {
    py::dict result;
    for (const auto& [name, tensor] : tensors)
        result[py::str(name)] = to_array(tensor.shape().rank() == 4 ? engine::to_channels_first(tensor)
                                                                    : tensor.to(engine::Device::cpu).clone());
    return result;
}

engine::nn::NamedTensors from_dict(const py::dict& arrays) {
    engine::nn::NamedTensors result;
    for (const auto& [name, value] : arrays) {
        if (py::isinstance<Tensor>(value))
            throw py::type_error(
                "'" + text(name) +
                "' is a Tensor, whose layout is the engine's own: give an array in PyTorch's, "
                "such as Tensor.nchw()");
        result.emplace_back(text(name), engine::to_channels_last(copy_array(value)));
    }
    return result;
}

}  // namespace python
