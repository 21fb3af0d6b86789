#include "bindings.h"
#include "engine/random.h"
#include "kernels/common/device.h"
#include "kernels/common/parallel.h"

namespace python {

py::module_ submodule(py::module_& module, const char* name, const char* documentation) {
    py::module_ result = module.def_submodule(name, documentation);
    py::module_::import("sys").attr("modules")[result.attr("__name__")] = result;
    return result;
}

namespace {

constexpr const char* documentation =
    R"(A deep-learning engine from scratch: tensors, autograd, layers, optimisers, training.

    import cifar_engine as ce

    x = ce.from_numpy(array)              # shares the array's memory
    w = ce.zeros((3, 2)).requires_grad_()
    loss = ce.mean(ce.linear(x, w))
    loss.backward()
    w.grad.numpy()                        # shares the gradient's memory

A Tensor is float32, int64 or uint8, dense, of at most four dimensions; images are (N, H, W, C). Where images and
weights come and go as NumPy arrays (from_nchw, Tensor.nchw, predict, state_dict, files), they have PyTorch's layouts,
(N, C, H, W) and (O, I, H, W). Long calls release the GIL; Ctrl-C ends Trainer.fit and predict.)";

void bind_settings(py::module_& module) {
    module.def("manual_seed", &engine::manual_seed, py::arg("seed"),
               "Starts the random numbers of initialisation and dropout afresh: same seed, same numbers.");
    module.def("set_threads", &kernels::set_threads, py::arg("count"),
               "How many threads kernels use from now on.");
    module.def("threads", &kernels::threads, "How many threads kernels use.");
    module.def(
        "devices",
        [] {
            py::list names;
            for (const kernels::Device device : kernels::built_devices()) names.append(kernels::name(device));
            return names;
        },
        "The devices that this build has kernels for; not all need be in this machine.");
}

}  // namespace
}  // namespace python

PYBIND11_MODULE(cifar_engine, module) {
    module.doc() = python::documentation;
    module.attr("__version__") = CIFAR_ENGINE_VERSION;
    python::bind_errors(module);
    python::bind_tensor(module);
    python::bind_ops(module);
    python::bind_nn(module);
    python::bind_optim(module);
    python::bind_models(module);
    python::bind_data(module);
    python::bind_trainer(module);
    python::bind_settings(module);
}
