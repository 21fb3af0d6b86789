#include "engine/trainer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/nn/dropout.h"
#include "engine/nn/linear.h"
#include "engine/nn/relu.h"
#include "engine/nn/sequential.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/flatten.h"
#include "engine/optim/adam.h"
#include "engine/progressive_resizing.h"
#include "engine/random.h"
#include "models/attention_net.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Batch;
using engine::EpochReport;
using engine::MetricAccumulator;
using engine::StepReport;
using engine::Tensor;
using engine::Trainer;
using engine::TrainPosition;
using engine::optim::Adam;
namespace nn = engine::nn;

namespace {

/// Examples in memory; epoch e begins with example 5e, so that every epoch has batches of its own.
class ToySource : public engine::BatchSource {
  public:
    ToySource(Tensor inputs, Tensor labels, std::int64_t batch_size)
        : inputs_(std::move(inputs)), labels_(std::move(labels)), batch_size_(batch_size) {}

    void start_epoch(std::int64_t epoch, std::int64_t first_batch) override {
        starts.emplace_back(epoch, first_batch);
        first_ = 5 * epoch;
        next_ = first_batch * batch_size_;
    }

    bool next(Batch& batch) override {
        if (next_ >= examples()) return false;
        const std::int64_t count = std::min(batch_size_, examples() - next_),
                           size = inputs_.numel() / examples();
        std::vector<std::int64_t> extents(inputs_.shape().begin(), inputs_.shape().end());
        extents[0] = count;
        batch.inputs = engine::empty({extents.data(), extents.data() + extents.size()});
        batch.labels = engine::empty({count}, engine::DType::int64);
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t example = (first_ + next_ + i) % examples();
            std::copy_n(inputs_.data() + example * size, size, batch.inputs.data() + i * size);
            batch.labels.data<std::int64_t>()[i] = labels_.data<std::int64_t>()[example];
        }
        next_ += count;
        return true;
    }

    std::int64_t batches() const override { return (examples() + batch_size_ - 1) / batch_size_; }
    std::int64_t examples() const override { return labels_.numel(); }

    std::vector<std::pair<std::int64_t, std::int64_t>> starts;  ///< what start_epoch was called with

  private:
    Tensor inputs_, labels_;
    std::int64_t batch_size_, first_ = 0, next_ = 0;
};

constexpr std::int64_t features = 4, classes = 3;

/// The label is the largest of the first three features.
ToySource toy_source(std::int64_t examples, std::int64_t batch_size, std::uint64_t stream = 1) {
    const Tensor inputs = test::random_tensor({examples, features}, stream);
    const Tensor labels = engine::empty({examples}, engine::DType::int64);
    for (std::int64_t i = 0; i < examples; ++i) {
        const float* row = inputs.data() + i * features;
        labels.data<std::int64_t>()[i] = std::max_element(row, row + classes) - row;
    }
    return {inputs, labels, batch_size};
}

/// A network with dropout, its optimiser and its trainer, initialised from a seed.
struct Training {
    explicit Training(std::uint64_t seed = 1) {
        engine::manual_seed(seed);
        model = nn::sequential(std::make_shared<nn::Linear>(features, 16), std::make_shared<nn::ReLU>(),
                               std::make_shared<nn::Dropout>(0.2), std::make_shared<nn::Linear>(16, classes));
        adam = std::make_unique<Adam>(model->named_parameters(), engine::optim::AdamOptions{.lr = 0.01});
        trainer = std::make_unique<Trainer>(*model, *adam);
    }

    std::vector<test::Floats> parameters() const { return test::values_of(model->named_parameters()); }

    std::shared_ptr<nn::Sequential> model;
    std::unique_ptr<Adam> adam;
    std::unique_ptr<Trainer> trainer;
};

/// Writes down what it is told, and asks to stop after `stop_after` steps.
struct Recorder : engine::TrainObserver {
    explicit Recorder(std::int64_t stop_after_steps = -1) : stop_after(stop_after_steps) {}
    void on_step(const StepReport& report) override { steps.push_back(report); }
    void on_epoch(const EpochReport& report, const TrainPosition& position) override {
        epochs.push_back(report);
        positions.push_back(position);
    }
    bool stop_requested() override { return static_cast<std::int64_t>(steps.size()) == stop_after; }

    std::int64_t stop_after;
    std::vector<StepReport> steps;
    std::vector<EpochReport> epochs;
    std::vector<TrainPosition> positions;
};

}  // namespace

TEST_CASE("fit reports every step and every epoch") {
    ToySource train = toy_source(23, 5), test_source = toy_source(7, 4, 2);
    Training training;
    Recorder recorder;
    const TrainPosition end = training.trainer->fit(train, test_source, {.epochs = 2}, {}, recorder);

    REQUIRE(recorder.steps.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        const StepReport& report = recorder.steps[i];
        CHECK(report.epoch == static_cast<std::int64_t>(i / 5) + 1);
        CHECK(report.step == static_cast<std::int64_t>(i) + 1);
        CHECK(report.last_step == 10);
        CHECK(report.is_last_of_epoch == (i % 5 == 4));
        CHECK(report.images == (i % 5 == 4 ? 3 : 5));
        CHECK(report.loss > 0);
        CHECK(report.accuracy >= 0);
        CHECK(report.accuracy <= 1);
        CHECK(report.seconds >= 0);
    }
    REQUIRE(recorder.epochs.size() == 2);
    for (std::size_t e = 0; e < 2; ++e) {
        const EpochReport& report = recorder.epochs[e];
        CHECK(report.epoch == static_cast<std::int64_t>(e) + 1);
        double loss = 0, accuracy = 0;  // of the epoch, from its steps
        for (std::size_t i = 5 * e; i < 5 * e + 5; ++i) {
            loss += recorder.steps[i].loss * static_cast<double>(recorder.steps[i].images) / 23;
            accuracy += recorder.steps[i].accuracy * static_cast<double>(recorder.steps[i].images) / 23;
        }
        CHECK(report.train_loss == doctest::Approx(loss));
        CHECK(report.train_accuracy == doctest::Approx(accuracy));
        CHECK(report.test_loss > 0);
        CHECK(report.seconds >= 0);
        CHECK(recorder.positions[e].epoch == static_cast<std::int64_t>(e) + 1);
        CHECK(recorder.positions[e].batch == 0);
        CHECK(recorder.positions[e].sums.count == 0);
    }
    const double test_accuracy = training.trainer->evaluate(test_source).accuracy();
    CHECK(recorder.epochs[1].test_accuracy == test_accuracy);
    CHECK(end.epoch == 2);
    CHECK(end.step == 10);
    CHECK(train.starts == std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}, {1, 0}});
}

TEST_CASE("the source of a training is told what the model said of each batch before its update") {
    struct Listener : ToySource {
        explicit Listener(const ToySource& source) : ToySource(source) {}
        void on_trained(const Batch& batch, const Tensor& logits) override {
            CHECK(logits.device() == engine::Device::cpu);
            losses.push_back(engine::cross_entropy(logits, batch.labels).item());
            correct += engine::correct_predictions(logits, batch.labels);
        }
        std::vector<double> losses;
        std::int64_t correct = 0;
    };
    Listener train(toy_source(23, 5));
    ToySource test_source = toy_source(7, 4, 2);
    Training training;
    Recorder recorder;
    training.trainer->fit(train, test_source, {.epochs = 1}, {}, recorder);
    REQUIRE(train.losses.size() == 5);  // and none from the evaluation
    for (std::size_t i = 0; i < 5; ++i) CHECK(train.losses[i] == doctest::Approx(recorder.steps[i].loss));
    CHECK(static_cast<double>(train.correct) / 23 == doctest::Approx(recorder.epochs[0].train_accuracy));
}

TEST_CASE("the time of an epoch goes to its parts, batches of the evaluation to the evaluation") {
    // A source that is waited for.
    struct SlowSource : ToySource {
        explicit SlowSource(const ToySource& source) : ToySource(source) {}
        bool next(Batch& batch) override {
            std::this_thread::sleep_for(std::chrono::milliseconds(4));
            return ToySource::next(batch);
        }
    };
    Training training;
    const auto time_of_epoch = [&](engine::BatchSource& train, engine::BatchSource& test_source) {
        Recorder recorder;
        training.trainer->fit(train, test_source, {.epochs = 1}, {}, recorder);
        const EpochReport& report = recorder.epochs.at(0);
        const engine::EpochTime& time = report.time;
        for (const double part : {time.data, time.forward, time.backward, time.update, time.evaluation})
            CHECK(part > 0);
        CHECK(time.step == 0);
        // Waiting counted in two places would be more than there was.
        CHECK(time.data + time.forward + time.backward + time.update + time.evaluation <= report.seconds);
        return time;
    };
    ToySource train = toy_source(23, 5), test_source = toy_source(23, 5, 2);
    SlowSource slow_train(train), slow_test(test_source);
    CHECK(time_of_epoch(slow_train, test_source).data >= 5 * 0.004);
    CHECK(time_of_epoch(train, slow_test).evaluation >= 5 * 0.004);
}

TEST_CASE("max_steps ends the training in mid-epoch, with an evaluation") {
    ToySource train = toy_source(25, 5), test_source = toy_source(7, 4, 2);
    Training training;
    Recorder recorder;
    const TrainPosition end =
        training.trainer->fit(train, test_source, {.epochs = 3, .max_steps = 7}, {}, recorder);
    CHECK(recorder.steps.size() == 7);
    CHECK(recorder.steps[0].last_step == 7);
    REQUIRE(recorder.epochs.size() == 2);
    CHECK(recorder.epochs[1].epoch == 2);
    CHECK(recorder.epochs[1].train_loss ==
          doctest::Approx((recorder.steps[5].loss + recorder.steps[6].loss) / 2));
    CHECK(end.epoch == 1);
    CHECK(end.batch == 2);
    CHECK(end.step == 7);
    CHECK(end.sums.count == 10);
    CHECK(recorder.positions[1].batch == 2);

    SUBCASE("and at the end of an epoch, that is the end of both") {
        Training other;
        Recorder again;
        const TrainPosition there =
            other.trainer->fit(train, test_source, {.epochs = 3, .max_steps = 5}, {}, again);
        CHECK(there.epoch == 1);
        CHECK(there.batch == 0);
        CHECK(again.epochs.size() == 1);
    }
    SUBCASE("more than all steps are no more than all") {
        Recorder rest;
        CHECK(training.trainer->fit(train, test_source, {.epochs = 2, .max_steps = 100}, end, rest).step ==
              10);
        CHECK(rest.steps.size() == 3);
        CHECK(rest.steps[0].last_step == 10);
        CHECK(rest.epochs.size() == 1);
    }
}

TEST_CASE("fit hands out every batch of an evaluation with its logits") {
    struct Evaluations : Recorder {
        void on_evaluated(const Batch& batch, const Tensor& logits) override {
            CHECK(logits.shape() == engine::Shape{batch.size(), classes});
            seen.add(0, engine::correct_predictions(logits, batch.labels), batch.size());
        }
        void on_epoch(const EpochReport& report, const TrainPosition&) override {
            CHECK(seen.count() == 21);
            CHECK(seen.accuracy() == report.test_accuracy);
            seen.restore();
            ++epochs_seen;
        }
        MetricAccumulator seen;
        int epochs_seen = 0;
    };
    Training training;
    ToySource train = toy_source(20, 5), test = toy_source(21, 6, 2);
    Evaluations evaluations;
    training.trainer->fit(train, test, {.epochs = 2}, {}, evaluations);
    CHECK(evaluations.epochs_seen == 2);
}

TEST_CASE("last_step is where epochs or max_steps end, whichever comes first") {
    CHECK(engine::last_step({.epochs = 3}, 5) == 15);
    CHECK(engine::last_step({.epochs = 3, .max_steps = 7}, 5) == 7);
    CHECK(engine::last_step({.epochs = 3, .max_steps = 100}, 5) == 15);
    CHECK(engine::last_step({.epochs = 0, .max_steps = 7}, 5) == 0);
}

TEST_CASE("a training can be stopped between epochs") {
    struct AfterFirstEpoch : Recorder {
        bool stop_requested() override { return epochs.size() == 1; }
    } recorder;
    ToySource train = toy_source(25, 5), test_source = toy_source(7, 4, 2);
    Training training;
    const TrainPosition position = training.trainer->fit(train, test_source, {.epochs = 3}, {}, recorder);
    CHECK(recorder.steps.size() == 5);
    CHECK(position.epoch == 1);
    CHECK(position.batch == 0);
    CHECK(position.step == 5);
    CHECK(position.sums.count == 0);
}

TEST_CASE("a training from the beginning need not be told to anybody") {
    ToySource train = toy_source(25, 5), test_source = toy_source(7, 4, 2);
    Training told;
    Recorder recorder;
    told.trainer->fit(train, test_source, {.epochs = 2}, {}, recorder);
    Training untold;
    CHECK(untold.trainer->fit(train, test_source, {.epochs = 2}).step == 10);
    CHECK(untold.parameters() == told.parameters());
}

TEST_CASE("nothing left to do is nothing done") {
    ToySource train = toy_source(10, 5), test_source = toy_source(7, 4, 2);
    Training training;
    const auto before = training.parameters();
    Recorder recorder;
    CHECK(training.trainer->fit(train, test_source, {.epochs = 0}, {}, recorder).step == 0);
    CHECK(training.trainer->fit(train, test_source, {.epochs = 2}, {2, 0, 4, {}}, recorder).step == 4);
    CHECK(recorder.steps.empty());
    CHECK(recorder.epochs.empty());
    CHECK(training.parameters() == before);
}

TEST_CASE("stopped anywhere and resumed, a training ends as if it had never stopped") {
    ToySource train = toy_source(23, 5), test_source = toy_source(7, 4, 2);
    Training uninterrupted;
    Recorder all;
    uninterrupted.trainer->fit(train, test_source, {.epochs = 3}, {}, all);
    const std::uint64_t last_stream = engine::default_generator().next_stream();

    for (const std::int64_t stop_after : {1, 5, 7, 14, 15}) {
        CAPTURE(stop_after);
        Training first;
        Recorder before(stop_after), after;
        const TrainPosition position = first.trainer->fit(train, test_source, {.epochs = 3}, {}, before);
        CHECK(position.step == stop_after);
        CHECK(position.epoch == (stop_after - 1) / 5);
        CHECK(position.batch == stop_after - 5 * position.epoch);
        const auto model_state = test::copy_of(first.model->state_dict());
        const auto adam_state = test::copy_of(first.adam->state());
        const std::uint64_t seed = engine::default_generator().seed();
        const std::uint64_t stream = engine::default_generator().next_stream();

        Training second(999);
        second.model->load_state_dict(model_state);
        second.adam->load_state(adam_state);
        engine::default_generator().restore(seed, stream);
        train.starts.clear();
        const TrainPosition end = second.trainer->fit(train, test_source, {.epochs = 3}, position, after);
        CHECK(train.starts[0] == std::pair{position.epoch, position.batch});
        CHECK(end.step == 15);
        CHECK(second.parameters() == uninterrupted.parameters());
        CHECK(test::values_of(second.adam->state()) == test::values_of(uninterrupted.adam->state()));
        CHECK(engine::default_generator().next_stream() == last_stream);

        CHECK(before.steps.size() + after.steps.size() == 15);
        std::vector<EpochReport> epochs = before.epochs;
        epochs.insert(epochs.end(), after.epochs.begin(), after.epochs.end());
        REQUIRE(epochs.size() == 3);
        for (std::size_t e = 0; e < 3; ++e) {
            CHECK(epochs[e].epoch == all.epochs[e].epoch);
            CHECK(epochs[e].train_loss == all.epochs[e].train_loss);
            CHECK(epochs[e].train_accuracy == all.epochs[e].train_accuracy);
            CHECK(epochs[e].test_loss == all.epochs[e].test_loss);
        }
    }
}

TEST_CASE("a loss that is no number ends the training before it spoils the parameters") {
    Training training;
    const Tensor inputs = engine::full({4, features}, std::numeric_limits<float>::quiet_NaN());
    const Batch batch{inputs, engine::zeros({4}, engine::DType::int64)};
    const auto parameters = training.parameters();
    const auto moments = test::values_of(training.adam->state());
    MetricAccumulator metrics;
    const std::string message =
        test::message_of<engine::DivergedError>([&] { training.trainer->train_step(batch, metrics); });
    CHECK(test::holds(message, "nan", "in Trainer::train_step", "learning rate"));
    CHECK(training.parameters() == parameters);
    CHECK(test::values_of(training.adam->state()) == moments);
    CHECK(metrics.count() == 0);
}

TEST_CASE("train_step returns and adds up the loss from before its update") {
    Training training;
    ToySource source = toy_source(8, 8);
    source.start_epoch(0, 0);
    Batch batch;
    REQUIRE(source.next(batch));
    engine::manual_seed(5);
    const double expected =
        nn::CrossEntropyLoss()(training.model->forward(batch.inputs), batch.labels).item();
    engine::manual_seed(5);
    MetricAccumulator metrics;
    const auto before = training.parameters();
    CHECK(training.trainer->train_step(batch, metrics) == expected);
    CHECK(metrics.mean_loss() == doctest::Approx(expected));
    CHECK(metrics.count() == 8);
    CHECK(training.parameters() != before);
}

TEST_CASE("the trainer's loss may be smoothed, but not that of an evaluation") {
    Training training;
    Trainer smoothed(*training.model, *training.adam, nn::CrossEntropyLoss(0.5F));
    ToySource source = toy_source(8, 8);
    const double plain = training.trainer->evaluate(source).mean_loss();
    CHECK(smoothed.evaluate(source).mean_loss() == plain);
    source.start_epoch(0, 0);
    Batch batch;
    REQUIRE(source.next(batch));
    training.model->eval();  // without dropout, so that a step's loss is of the same logits
    MetricAccumulator metrics;
    CHECK(smoothed.train_step(batch, metrics) != doctest::Approx(plain));
}

namespace {

/// Notes in which mode it is run, and passes its input on.
class Probe : public nn::Layer {
  public:
    Tensor forward(const Tensor& x) override {
        saw_training = saw_training || is_training();
        saw_graph = saw_graph || engine::grad_enabled();
        return x;
    }
    bool saw_training = false, saw_graph = false;
};

}  // namespace

TEST_CASE("evaluate runs in evaluation mode, without a graph, and restores the model's mode") {
    Training training;
    const auto probe = training.model->push_back(std::make_shared<Probe>());
    ToySource source = toy_source(11, 4);
    for (const bool mode : {true, false}) {
        training.model->train(mode);
        const std::uint64_t stream = engine::default_generator().next_stream();
        const std::size_t before = engine::memory_statistics(engine::Device::cpu).in_use;
        const MetricAccumulator metrics = training.trainer->evaluate(source);
        CHECK(metrics.count() == 11);
        CHECK(engine::memory_statistics(engine::Device::cpu).in_use == before);
        CHECK(engine::default_generator().next_stream() == stream);  // no dropout was drawn
        CHECK(training.model->is_training() == mode);
        CHECK(probe->is_training() == mode);
        CHECK(engine::grad_enabled());
    }
    CHECK(!probe->saw_training);
    CHECK(!probe->saw_graph);
    for (const Tensor& parameter : training.model->parameters()) CHECK(!parameter.grad().defined());
}

TEST_CASE("evaluate weighs every example the same, in batches of any size") {
    Training training;
    ToySource whole = toy_source(11, 11), pieces = toy_source(11, 4);
    const MetricAccumulator expected = training.trainer->evaluate(whole);
    const MetricAccumulator actual = training.trainer->evaluate(pieces);
    CHECK(actual.mean_loss() == doctest::Approx(expected.mean_loss()));
    CHECK(actual.accuracy() == expected.accuracy());
}

TEST_CASE("the loss falls on a problem that can be learned") {
    ToySource train = toy_source(200, 20), test_source = toy_source(100, 50, 2);
    Training training;
    Recorder recorder;
    training.trainer->fit(train, test_source, {.epochs = 25}, {}, recorder);
    CHECK(recorder.epochs.front().test_loss > 0.7);
    CHECK(recorder.epochs.back().test_loss < 0.35);
    CHECK(recorder.epochs.back().test_accuracy > 0.85);
    CHECK(recorder.epochs.back().train_loss < recorder.epochs.front().train_loss / 2);
}

TEST_CASE("an AttentionNet trains to the same bits on any number of threads") {
    const Tensor labels = engine::tensor(test::Labels{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0}, {13});
    test::same_for_any_threads([&] {
        engine::manual_seed(11);
        models::AttentionNet net({.widths = {6, 10, 17}, .hidden = 9, .classes = 4});
        Adam adam(net.named_parameters(), {.lr = 0.01, .weight_decay = 1e-4});
        ToySource train(test::random_tensor({13, 16, 12, 3}, 1), labels, 5), test_source = train;
        Recorder recorder;
        Trainer(net, adam).fit(train, test_source, {.epochs = 2}, {}, recorder);
        std::vector<test::Floats> results = test::values_of(net.state_dict());
        results.push_back({});
        for (const StepReport& report : recorder.steps)
            results.back().push_back(static_cast<float>(report.loss));
        return results;
    });
}

TEST_CASE("the schedule sets the learning rate of every step, and gives it back at the end") {
    /// Notes the rate that each step was taken with.
    class Rates final : public engine::optim::Optimizer {
      public:
        Rates() : Optimizer({}) {}
        void step() override { seen.push_back(lr_scale_); }
        void refresh() override {}
        nn::NamedTensors state() const override { return {}; }
        double lr() const override { return lr_scale_; }
        std::vector<double> seen;
    };
    Rates rates;
    Training training;
    Trainer trainer(*training.model, rates);
    ToySource train = toy_source(8, 4), test_source = toy_source(4, 4);
    engine::TrainObserver observer;
    trainer.fit(train, test_source, {.epochs = 2, .schedule = engine::optim::Schedule("linear")}, {},
                observer);
    CHECK(rates.seen == std::vector<double>{1, 0.75, 0.5, 0.25});
    CHECK(rates.lr() == 1);
    // Gone on with from the middle, the rates are those of the whole.
    rates.seen.clear();
    trainer.fit(train, test_source, {.epochs = 2, .schedule = engine::optim::Schedule("linear")},
                {.epoch = 1, .batch = 0, .step = 2, .sums = {}}, observer);
    CHECK(rates.seen == std::vector<double>{0.5, 0.25});
}

TEST_CASE("training images are resized as it goes on, those of the evaluation never") {
    /// Notes how many rows its images have.
    class Rows final : public nn::Layer {
      public:
        Tensor forward(const Tensor& x) override {
            (is_training() ? trained : tested).push_back(x.size(1));
            return (*linear_)(engine::flatten(engine::adaptive_avg_pool(x, 1, 1)));
        }
        std::vector<std::int64_t> trained, tested;

      private:
        std::shared_ptr<nn::Linear> linear_ =
            register_module("linear", std::make_shared<nn::Linear>(2, classes));
    };
    const Tensor images = test::random_tensor({8, 6, 6, 2}, 1);
    const Tensor labels = engine::zeros({8}, engine::DType::int64);
    ToySource train(images, labels, 4), test_source(images, labels, 8);
    const engine::FitOptions options{.epochs = 2,
                                     .resizing = engine::ProgressiveResizing("0:2,0.25:3,0.75:6")};
    Rows model;
    Adam adam(model.named_parameters(), {});
    engine::TrainObserver observer;
    Trainer(model, adam).fit(train, test_source, options);
    CHECK(model.trained == std::vector<std::int64_t>{2, 3, 3, 6});
    CHECK(model.tested == std::vector<std::int64_t>{6, 6});
    // Gone on with from the middle, they are those of the whole.
    model.trained.clear();
    Trainer(model, adam)
        .fit(train, test_source, options, {.epoch = 1, .batch = 0, .step = 2, .sums = {}}, observer);
    CHECK(model.trained == std::vector<std::int64_t>{3, 6});
}
