#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bindings.h"
#include "data/augmentation.h"
#include "data/cifar10.h"
#include "data/data_loader.h"
#include "engine/error.h"

namespace python {

namespace {

/// A loader that knows which epoch comes next: each `for` runs over one.
class Loader : public data::DataLoader {
  public:
    using data::DataLoader::DataLoader;

    std::int64_t next_epoch = 0;
};

using Augmentations = std::optional<std::vector<std::string>>;

/// Images are normalised always, and changed first by what `augment` names; other examples are taken as they
/// are.
std::shared_ptr<const data::Transform> transform_for(const data::Dataset& dataset,
                                                     const Augmentations& augment) {
    if (dynamic_cast<const data::Cifar10*>(&dataset) != nullptr)
        return data::cifar10_transform(augment.value_or(std::vector<std::string>()));
    if (augment)
        throw engine::UsageError("augment for a data set of tensors", "in DataLoader", "it is for Cifar10");
    return nullptr;
}

std::shared_ptr<data::Cifar10> open_cifar10(const std::filesystem::path& directory,
                                            const std::string& split) {
    if (split != "train" && split != "test")
        throw engine::UsageError("split '" + split + "'", "in Cifar10", "it is train or test");
    return std::make_shared<data::Cifar10>(directory,
                                           split == "train" ? data::Split::train : data::Split::test);
}

py::tuple next_batch(Loader& loader) {
    engine::Batch batch;
    const bool there = [&] {
        const py::gil_scoped_release without_gil;
        return loader.next(batch);
    }();
    if (!there) throw py::stop_iteration();
    return py::make_tuple(batch.inputs, batch.labels);
}

}  // namespace

void bind_data(py::module_& module) {
    py::module_ within = submodule(module, "data", "Data sets, and what cuts them into batches.");
    py::list classes;
    for (const char* name : data::cifar10_classes) classes.append(name);
    within.attr("cifar10_classes") = py::tuple(classes);

    py::class_<data::Dataset, std::shared_ptr<data::Dataset>>(within, "Dataset")
        .def("__len__", &data::Dataset::size);
    py::class_<data::TensorDataset, data::Dataset, std::shared_ptr<data::TensorDataset>>(
        within, "TensorDataset",
        "Examples that lie in two tensors: inputs (N, ...) float32 and labels (N) int64.")
        .def(py::init<engine::Tensor, engine::Tensor>(), py::arg("inputs"), py::arg("labels"));
    py::class_<data::Cifar10, data::Dataset, std::shared_ptr<data::Cifar10>>(
        within, "Cifar10", "One split, \"train\" or \"test\", of a folder in CIFAR-10's binary layout.")
        .def(py::init(&open_cifar10), py::arg("directory"), py::arg("split"));

    // BatchSource is what a Trainer takes.
    py::class_<engine::BatchSource>(within, "BatchSource");
    py::class_<Loader, engine::BatchSource>(
        within, "DataLoader",
        "Cuts a data set into batches: for inputs, labels in loader. Images of "
        "Cifar10 are normalised, after what augment names (\"crop\", \"flip\").")
        .def(py::init([](const std::shared_ptr<data::Dataset>& dataset, std::int64_t batch_size, bool shuffle,
                         int workers, std::uint64_t seed, const Augmentations& augment) {
                 return std::make_unique<Loader>(dataset, transform_for(*dataset, augment),
                                                 data::DataLoaderOptions{batch_size, shuffle, workers, seed});
             }),
             py::arg("dataset"), py::arg("batch_size") = 128, py::arg("shuffle") = false,
             py::arg("workers") = 0, py::arg("seed") = 0, py::arg("augment") = py::none())
        .def("__len__", &Loader::batches, "Batches of an epoch.")
        .def("__iter__",
             [](const py::object& self) {
                 auto& loader = self.cast<Loader&>();
                 loader.start_epoch(loader.next_epoch++);
                 return self;
             })
        .def("__next__", &next_batch);
}

}  // namespace python
