#include <exception>

#include "bindings.h"
#include "engine/error.h"
#include "kernels/common/device.h"

namespace python {
namespace {

// Never let go of: the module may go before the last exception does.
PyObject *error, *usage_error, *input_error, *io_error, *diverged_error, *device_error;

/// A subclass of cifar_engine.Error and of what Python's own code would raise.
PyObject* add(py::module_& module, const char* name, PyObject* like, const char* documentation) {
    const std::string full_name = std::string("cifar_engine.") + name;
    const py::tuple bases = py::make_tuple(py::handle(error), py::handle(like));
    PyObject* type = PyErr_NewExceptionWithDoc(full_name.c_str(), documentation, bases.ptr(), nullptr);
    if (type == nullptr) throw py::error_already_set();
    module.attr(name) = py::handle(type);
    return type;
}

void translate(std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const engine::UsageError& e) {
        PyErr_SetString(usage_error, e.what());
    } catch (const engine::InputError& e) {
        PyErr_SetString(input_error, e.what());
    } catch (const engine::IoError& e) {
        PyErr_SetString(io_error, e.what());
    } catch (const engine::DivergedError& e) {
        PyErr_SetString(diverged_error, e.what());
    } catch (const engine::Error& e) {
        PyErr_SetString(error, e.what());
    } catch (const kernels::DeviceError& e) {
        PyErr_SetString(device_error, e.what());
    }
}

}  // namespace

void bind_errors(py::module_& module) {
    error = PyErr_NewExceptionWithDoc("cifar_engine.Error", "What was wrong, where, and what to do about it.",
                                      PyExc_Exception, nullptr);
    if (error == nullptr) throw py::error_already_set();
    module.attr("Error") = py::handle(error);
    usage_error =
        add(module, "UsageError", PyExc_ValueError, "Tensors or arguments that do not fit together.");
    input_error =
        add(module, "InputError", PyExc_ValueError, "A file is missing, damaged, or not what it should be.");
    io_error = add(module, "IoError", PyExc_OSError, "The operating system refused to read or write.");
    diverged_error = add(module, "DivergedError", PyExc_ArithmeticError, "The loss is no longer a number.");
    device_error = add(module, "DeviceError", PyExc_RuntimeError, "A device that is not there, or failed.");
    py::register_exception_translator(&translate);
}

}  // namespace python
