#pragma once

#include <string>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "engine/nn/module.h"
#include "engine/tensor.h"

/// The Python module: one function for each subject, which adds it. Layouts: a Tensor is the engine's own,
/// images are (N, H, W, C); where images and weights come and go as arrays, they are (N, C, H, W) and (O, I,
/// H, W).
namespace python {

namespace py = pybind11;

void bind_errors(py::module_& module);
void bind_tensor(py::module_& module);
void bind_ops(py::module_& module);
void bind_nn(py::module_& module);
void bind_optim(py::module_& module);
void bind_models(py::module_& module);
void bind_data(py::module_& module);
void bind_trainer(py::module_& module);

/// A submodule that `import cifar_engine.<name>` finds.
py::module_ submodule(py::module_& module, const char* name, const char* documentation);

/// A device of that name. Throws UsageError for another name, DeviceError if this machine or build has none.
engine::Device to_device(const std::string& name);

/// What NumPy makes of an object. Throws what it raises.
py::array as_array(const py::handle& object);

/// A tensor on the array's memory, which the tensor keeps alive. Throws UsageError unless the array is
/// float32, int64 or uint8, C-contiguous, writable, aligned and of at most four dimensions.
engine::Tensor share_array(const py::array& array);
/// A tensor with a copy of the elements of what as_array() gives: float32 for any floating-point type, uint8
/// for that one, int64 for any other integer and bool. Throws UsageError for other types.
engine::Tensor copy_array(const py::handle& object);
/// The first of the two where it can be, else the second.
engine::Tensor share_or_copy(const py::array& array);
/// An array on the memory of a tensor of the CPU, which `owner`, the Python object of that tensor, keeps
/// alive.
py::array array_on(const engine::Tensor& tensor, const py::object& owner);
/// The same for a tensor that has no Python object yet.
py::array to_array(engine::Tensor tensor);

/// Images (N, C, H, W) or weights (O, I, H, W), of which as_array() makes an array, as a tensor (N, H, W, C)
/// or (O, H, W, I): on the array's memory if that is channel-last, else with a copy.
engine::Tensor from_channels_first(const py::handle& object);

/// Tensors under PyTorch's names and in its layouts: copies.
py::dict to_dict(const engine::nn::NamedTensors& tensors);
/// The inverse, of whatever NumPy makes arrays of.
engine::nn::NamedTensors from_dict(const py::dict& arrays);

}  // namespace python
