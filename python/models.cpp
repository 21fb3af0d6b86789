#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bindings.h"
#include "engine/serialize/safetensors.h"
#include "models/attention_net.h"
#include "models/model_file.h"

namespace python {

namespace {

using models::AttentionNet;
using models::AttentionNetOptions;

void save_arrays(const std::filesystem::path& path, const py::dict& tensors,
                 const std::map<std::string, std::string>& metadata) {
    engine::SafeTensors content{{}, metadata};
    for (const auto& [name, value] : tensors)
        content.tensors.emplace_back(name.cast<std::string>(), share_or_copy(as_array(value)));
    engine::save_safetensors(path, content);
}

py::dict load_arrays(const std::filesystem::path& path) {
    py::dict result;
    for (auto& [name, tensor] : engine::load_safetensors(path).tensors)
        result[py::str(name)] = to_array(tensor);
    return result;
}

}  // namespace

void bind_models(py::module_& module) {
    module.def("save_safetensors", &save_arrays, py::arg("path"), py::arg("tensors"),
               py::arg("metadata") = std::map<std::string, std::string>{{"format", "pt"}},
               "Writes arrays by name, atomically: save_safetensors(path, net.state_dict()).");
    module.def("load_safetensors", &load_arrays, py::arg("path"),
               "Reads such a file, whoever wrote it: net.load_state_dict(load_safetensors(path)).");

    py::module_ within = submodule(module, "models", "Networks, and the files they are kept in.");
    py::class_<AttentionNet, engine::nn::Layer, std::shared_ptr<AttentionNet>>(
        within, "AttentionNet", "The network of this project, from images (N, H, W, in_channels) to logits.")
        .def(py::init([](std::vector<std::int64_t> widths, std::vector<std::int64_t> blocks, bool residual,
                         std::int64_t stem, std::int64_t hidden, double dropout, std::int64_t classes,
                         std::int64_t in_channels, bool pool_first) {
                 return std::make_shared<AttentionNet>(AttentionNetOptions{.widths = std::move(widths),
                                                                           .blocks = std::move(blocks),
                                                                           .residual = residual,
                                                                           .pool_first = pool_first,
                                                                           .stem = stem,
                                                                           .hidden = hidden,
                                                                           .dropout = dropout,
                                                                           .classes = classes,
                                                                           .in_channels = in_channels});
             }),
             py::arg("widths") = AttentionNetOptions().widths,
             py::arg("blocks") = std::vector<std::int64_t>(), py::arg("residual") = false,
             py::arg("stem") = 0, py::arg("hidden") = 256, py::arg("dropout") = 0.5, py::arg("classes") = 10,
             py::arg("in_channels") = 3, py::arg("pool_first") = false);
    within.def("save_model", &models::save_model, py::arg("path"), py::arg("model"),
               "Writes an AttentionNet's state_dict, and what no shape tells, as `cifar_engine train` does.");
    within.def("load_model", &models::load_model, py::arg("path"), py::arg("dropout") = 0.5,
               "The AttentionNet of a file that `cifar_engine train` or PyTorch saved.");
}

}  // namespace python
