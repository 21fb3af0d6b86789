#include "engine/trainer.h"

#include <algorithm>
#include <string>

#include <pybind11/stl.h>

#include "bindings.h"
#include "data/cifar10.h"
#include "data/transforms.h"
#include "engine/autograd.h"
#include "engine/error.h"

namespace python {

using engine::Shape;
using engine::Tensor;
using engine::Trainer;

namespace {

/// Ctrl-C becomes an exception here, between two steps.
void check_signals() {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

py::dict to_dict(const engine::StepReport& report) {
    using namespace py::literals;
    return py::dict("epoch"_a = report.epoch, "step"_a = report.step, "last_step"_a = report.last_step,
                    "images"_a = report.images, "loss"_a = report.loss, "accuracy"_a = report.accuracy,
                    "seconds"_a = report.seconds);
}

py::dict to_dict(const engine::EpochReport& report) {
    using namespace py::literals;
    return py::dict("epoch"_a = report.epoch, "train_loss"_a = report.train_loss,
                    "train_accuracy"_a = report.train_accuracy, "test_loss"_a = report.test_loss,
                    "test_accuracy"_a = report.test_accuracy, "seconds"_a = report.seconds);
}

/// Calls Python's functions, with the GIL, which the training has released.
class Callbacks : public engine::TrainObserver {
  public:
    Callbacks(py::object on_step, py::object on_epoch)
        : on_step_(std::move(on_step)), on_epoch_(std::move(on_epoch)) {}

    void on_step(const engine::StepReport& report) override {
        const py::gil_scoped_acquire gil;
        check_signals();
        if (!on_step_.is_none()) stop_ |= wants_to_stop(on_step_(to_dict(report)));
    }

    void on_epoch(const engine::EpochReport& report, const engine::TrainPosition&) override {
        const py::gil_scoped_acquire gil;
        check_signals();
        history.append(to_dict(report));
        if (!on_epoch_.is_none()) stop_ |= wants_to_stop(on_epoch_(to_dict(report)));
    }

    bool stop_requested() override { return stop_; }

    py::list history;

  private:
    static bool wants_to_stop(const py::object& answer) { return answer.is(py::bool_(true)); }

    py::object on_step_, on_epoch_;
    bool stop_ = false;
};

py::list fit(Trainer& trainer, engine::BatchSource& train, engine::BatchSource& test, std::int64_t epochs,
             std::int64_t max_steps, const std::string& schedule, const std::string& progressive_resizing,
             const std::string& progressive_branches, py::object on_step, py::object on_epoch) {
    Callbacks callbacks(std::move(on_step), std::move(on_epoch));
    const engine::FitOptions options{epochs, max_steps, engine::optim::Schedule(schedule),
                                     engine::ProgressiveResizing(progressive_resizing),
                                     engine::ProgressiveBranches(progressive_branches)};
    {
        const py::gil_scoped_release without_gil;
        trainer.fit(train, test, options, {}, callbacks);
    }
    return callbacks.history;
}

py::dict evaluate(Trainer& trainer, engine::BatchSource& source) {
    using namespace py::literals;
    const engine::MetricAccumulator metrics = [&] {
        const py::gil_scoped_release without_gil;
        return trainer.evaluate(source);
    }();
    return py::dict("loss"_a = metrics.mean_loss(), "accuracy"_a = metrics.accuracy(),
                    "examples"_a = metrics.count());
}

/// Rows begin to end of x, on its memory.
Tensor rows(const Tensor& x, std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
    extents[0] = end - begin;
    const Shape shape(extents.data(), extents.data() + extents.size());
    const std::int64_t row = x.shape().numel() / x.size(0);
    const auto owner = std::make_shared<Tensor>(x);
    if (x.dtype() == engine::DType::uint8)
        return engine::from_memory(x.data<std::uint8_t>() + begin * row, shape, x.dtype(), owner);
    return engine::from_memory(x.data() + begin * row, shape, x.dtype(), owner);
}

/// Bytes of CIFAR-10 images as its networks want them; float32 as it is.
Tensor network_input(const Tensor& images) {
    if (images.dtype() != engine::DType::uint8) return images;
    const Tensor scaled = engine::empty(images.shape());
    const auto bytes = images.values<std::uint8_t>();
    std::transform(bytes.begin(), bytes.end(), scaled.data(),
                   [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
    static const data::Normalize normalize({data::cifar10_mean.begin(), data::cifar10_mean.end()},
                                           {data::cifar10_std.begin(), data::cifar10_std.end()});
    return normalize(scaled);
}

Tensor to_inputs(const py::object& inputs) {
    if (py::isinstance<Tensor>(inputs)) return inputs.cast<Tensor>();
    const py::array array = as_array(inputs);
    return array.ndim() == 4 ? from_channels_first(array) : share_or_copy(array);
}

/// In evaluation mode; then the model is in the mode that it was in.
class Evaluating {
  public:
    explicit Evaluating(engine::nn::Layer& model) : model_(model), was_training_(model.is_training()) {
        model.eval();
    }
    ~Evaluating() { model_.train(was_training_); }
    Evaluating(const Evaluating&) = delete;
    Evaluating& operator=(const Evaluating&) = delete;

  private:
    engine::nn::Layer& model_;
    bool was_training_;
};

py::array predict(engine::nn::Layer& model, const py::object& images, std::int64_t batch_size) {
    const Tensor inputs = to_inputs(images);
    if (inputs.shape().rank() == 0 || inputs.size(0) == 0 || batch_size < 1)
        throw engine::UsageError("no images, or a batch size of " + std::to_string(batch_size), "in predict",
                                 "give at least one of both");
    const Evaluating evaluating(model);
    Tensor logits;
    for (std::int64_t begin = 0; begin < inputs.size(0); begin += batch_size) {
        check_signals();
        const py::gil_scoped_release without_gil;
        const engine::NoGradGuard no_grad;
        const std::int64_t end = std::min(inputs.size(0), begin + batch_size);
        const Tensor batch = model(network_input(rows(inputs, begin, end)).to(model.device()));
        if (!logits.defined()) logits = engine::empty({inputs.size(0), batch.numel() / (end - begin)});
        rows(logits, begin, end).copy_(batch);
    }
    return to_array(logits);
}

}  // namespace

void bind_trainer(py::module_& module) {
    py::class_<Trainer>(module, "Trainer",
                        "Trains a classifier: forward, backward, update, batch after batch.")
        .def(py::init(
                 [](engine::nn::Layer& model, engine::optim::Optimizer& optimizer, float label_smoothing) {
                     return std::make_unique<Trainer>(model, optimizer,
                                                      engine::nn::CrossEntropyLoss(label_smoothing));
                 }),
             py::arg("model"), py::arg("optimizer"), py::arg("label_smoothing") = 0.0F,
             py::keep_alive<1, 2>(), py::keep_alive<1, 3>())
        .def("fit", &fit, py::arg("train"), py::arg("test"), py::arg("epochs") = 30, py::arg("max_steps") = 0,
             py::arg("schedule") = "constant", py::arg("progressive_resizing") = "none",
             py::arg("progressive_branches") = "none", py::arg("on_step") = py::none(),
             py::arg("on_epoch") = py::none(),
             "Trains on the batches of one loader and evaluates on those of the other after each epoch. "
             "on_step and "
             "on_epoch are called with a dict of figures; one that returns True ends the training. Returns "
             "the dicts "
             "of all epochs. schedule: constant, linear, cosine, one-cycle, or points \"0:0.2,0.25:1,1:0\". "
             "progressive_resizing: none, or points \"0:16,0.4:32\": the longest side of training images "
             "from a "
             "share of all steps on. progressive_branches: none, or points \"0:1,0.8:3\": how many of the "
             "three branches take part. Raises DivergedError when the loss is no number any more.")
        .def("evaluate", &evaluate, py::arg("loader"), "Loss, accuracy and number of a loader's examples.");

    module.def(
        "predict", &predict, py::arg("model"), py::arg("images"), py::arg("batch_size") = 128,
        "The model's outputs as an array (N, classes), in evaluation mode. Images are an array (N, C, H, W): "
        "float32 is taken as it is, uint8 is CIFAR-10's bytes, which are divided by 255 and normalised. Or a "
        "Tensor (N, H, W, C), or any other input of the model.");
}

}  // namespace python
