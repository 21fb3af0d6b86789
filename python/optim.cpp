#include <string>
#include <utility>

#include <pybind11/stl.h>

#include "bindings.h"
#include "engine/optim/adam.h"
#include "engine/optim/muon.h"
#include "engine/optim/optimizer.h"
#include "engine/optim/sgd.h"

namespace python {

using engine::Tensor;
namespace nn = engine::nn;
namespace optim = engine::optim;

namespace {

/// What Module.parameters() or Module.named_parameters() gave; without names, the numbers are the names.
nn::NamedTensors named(const py::iterable& parameters) {
    nn::NamedTensors result;
    for (const py::handle parameter : parameters) {
        if (py::isinstance<Tensor>(parameter))
            result.emplace_back(std::to_string(result.size()), parameter.cast<Tensor>());
        else
            result.push_back(parameter.cast<std::pair<std::string, Tensor>>());
    }
    return result;
}

/// States have no images: they are laid out as in memory.
engine::nn::NamedTensors state_of(const py::dict& arrays) {
    nn::NamedTensors result;
    for (const auto& [name, array] : arrays) result.emplace_back(name.cast<std::string>(), copy_array(array));
    return result;
}

py::dict arrays_of(const optim::Optimizer& optimizer) {
    py::dict result;
    for (const auto& [name, tensor] : optimizer.state())
        result[py::str(name)] = to_array(tensor.to(engine::Device::cpu).clone());
    return result;
}

/// Every optimiser's own `lr`.
template <typename Optimizer, typename Class>
void bind_lr(Class& bound) {
    bound.def_property(
        "lr", [](const Optimizer& self) { return self.options.lr; },
        [](Optimizer& self, double rate) { self.options.lr = rate; }, "The learning rate.");
}

void bind_adam(py::module_& within) {
    py::class_<optim::Adam, optim::Optimizer> adam(within, "Adam",
                                                   "torch.optim.Adam or, decoupled, torch.optim.AdamW.");
    adam.def(py::init([](const py::iterable& parameters, double lr, std::pair<double, double> betas,
                         double eps, double weight_decay, bool decoupled) {
                 return std::make_unique<optim::Adam>(
                     named(parameters),
                     optim::AdamOptions{lr, betas.first, betas.second, eps, weight_decay, decoupled});
             }),
             py::arg("parameters"), py::arg("lr") = 1e-3, py::arg("betas") = std::pair(0.9, 0.999),
             py::arg("eps") = 1e-8, py::arg("weight_decay") = 0.0, py::arg("decoupled") = false);
    bind_lr<optim::Adam>(adam);
}

void bind_sgd(py::module_& within) {
    py::class_<optim::Sgd, optim::Optimizer> sgd(
        within, "SGD", "torch.optim.SGD(nesterov=True), or plain with a momentum of 0.");
    sgd.def(py::init([](const py::iterable& parameters, double lr, double momentum, double weight_decay) {
                return std::make_unique<optim::Sgd>(named(parameters),
                                                    optim::SgdOptions{lr, momentum, weight_decay});
            }),
            py::arg("parameters"), py::arg("lr") = 0.1, py::arg("momentum") = 0.9,
            py::arg("weight_decay") = 0.0);
    bind_lr<optim::Sgd>(sgd);
}

void bind_muon(py::module_& within) {
    py::class_<optim::Muon, optim::Optimizer> muon(
        within, "Muon", "torch.optim.Muon, also for the filters of convolutions: a row each.");
    muon.def(py::init([](const py::iterable& parameters, double lr, double momentum, double weight_decay) {
                 return std::make_unique<optim::Muon>(named(parameters),
                                                      optim::MuonOptions{lr, momentum, weight_decay});
             }),
             py::arg("parameters"), py::arg("lr") = 1e-3, py::arg("momentum") = 0.95,
             py::arg("weight_decay") = 0.1);
    bind_lr<optim::Muon>(muon);
}

}  // namespace

void bind_optim(py::module_& module) {
    py::module_ within =
        submodule(module, "optim", "Optimisers: what changes parameters by their gradients.");
    py::class_<optim::Optimizer>(within, "Optimizer")
        .def("step", &optim::Optimizer::step, py::call_guard<py::gil_scoped_release>(),
             "One update of every parameter that has a gradient.")
        .def("zero_grad", &optim::Optimizer::zero_grad,
             "Forgets all gradients: the next backward begins anew.")
        .def("state_dict", &arrays_of,
             "All that a later step depends on besides parameters and gradients: copies.")
        .def(
            "load_state_dict",
            [](optim::Optimizer& self, const py::dict& state) { self.load_state(state_of(state)); },
            py::arg("state"), "Copies such a state in. Nothing is changed if it does not fit.");
    bind_adam(within);
    bind_sgd(within);
    bind_muon(within);
}

}  // namespace python
