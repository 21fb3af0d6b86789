#include "engine/metrics.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/cross_entropy.h"
#include "engine/timer.h"

using engine::correct_predictions;
using engine::tensor;
using Floats = std::vector<float>;
using Labels = std::vector<std::int64_t>;

namespace {
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
}  // namespace

TEST_CASE("a prediction is correct where the largest logit is the label's") {
    const engine::Tensor logits = tensor(Floats{1, 3, 2, -5, -7, -6, 0, 1, infinity}, {3, 3});
    CHECK(correct_predictions(logits, tensor(Labels{1, 0, 2}, {3})) == 3);
    CHECK(correct_predictions(logits, tensor(Labels{1, 1, 2}, {3})) == 2);
    CHECK(correct_predictions(logits, tensor(Labels{0, 1, 1}, {3})) == 0);
}

TEST_CASE("of equal logits the first is the prediction") {
    const engine::Tensor logits = tensor(Floats{2, 2, 1, 0, 0, 0, -infinity, -infinity, -infinity}, {3, 3});
    CHECK(correct_predictions(logits, tensor(Labels{0, 0, 0}, {3})) == 3);
    CHECK(correct_predictions(logits, tensor(Labels{1, 1, 2}, {3})) == 0);
}

TEST_CASE("a row with a NaN is wrong whatever its label") {
    for (const Floats& row :
         {Floats{not_a_number, 1}, Floats{1, not_a_number}, Floats{not_a_number, not_a_number}})
        for (std::int64_t label : {0, 1})
            CHECK(correct_predictions(engine::tensor(row, {1, 2}), tensor(Labels{label}, {1})) == 0);
}

TEST_CASE("no rows, none correct; a label that is no class is never predicted") {
    CHECK(correct_predictions(engine::empty({0, 10}), tensor(Labels{}, {0})) == 0);
    CHECK(correct_predictions(tensor(Floats{1, 2, 3, 4}, {2, 2}), tensor(Labels{-1, 2}, {2})) == 0);
}

TEST_CASE("shapes and types that do not fit are refused") {
    const engine::Tensor labels = tensor(Labels{0, 1}, {2});
    CHECK_THROWS_AS(correct_predictions(engine::ones({3, 2}), labels), engine::UsageError);
    CHECK_THROWS_AS(correct_predictions(engine::ones({2}), labels), engine::UsageError);
    CHECK_THROWS_AS(correct_predictions(engine::ones({2, 0}), labels), engine::UsageError);
    CHECK_THROWS_AS(correct_predictions(engine::ones({2, 2}), labels.reshape({2, 1})), engine::UsageError);
    CHECK_THROWS_AS(correct_predictions(engine::ones({2, 2}), engine::ones({2})), engine::UsageError);
}

TEST_CASE("batches count by their examples") {
    engine::MetricAccumulator metrics;
    metrics.add(2.0, 64, 128);
    metrics.add(8.0, 16, 32);
    CHECK(metrics.count() == 160);
    CHECK(metrics.mean_loss() == doctest::Approx(3.2));
    CHECK(metrics.accuracy() == doctest::Approx(0.5));
}

TEST_CASE("nothing seen has no mean; a loss that is no number shows") {
    engine::MetricAccumulator metrics;
    CHECK(std::isnan(metrics.mean_loss()));
    CHECK(std::isnan(metrics.accuracy()));
    metrics.add(1.0, 1, 2);
    metrics.add(not_a_number, 1, 2);
    CHECK(std::isnan(metrics.mean_loss()));
    CHECK(metrics.accuracy() == 0.5);
}

TEST_CASE("restored sums go on bit for bit; restoring nothing begins anew") {
    engine::MetricAccumulator whole, first, second;
    for (int step = 1; step <= 6; ++step) {
        whole.add(1.0 / step, step, 7);
        if (step == 3) second.restore(first.sums());
        (step < 3 ? first : second).add(1.0 / step, step, 7);
    }
    CHECK(second.mean_loss() == whole.mean_loss());
    CHECK(second.sums().correct == whole.sums().correct);
    CHECK(second.count() == whole.count());
    second.restore();
    CHECK(second.count() == 0);
    second.add(4.0, 1, 1);
    CHECK(second.mean_loss() == 4.0);
}

TEST_CASE("the probabilities of a row add up to one, whatever the logits") {
    const engine::Tensor out =
        engine::class_probabilities(tensor(Floats{0, std::log(3.0F), 1000, -1000}, {2, 2}));
    CHECK(out.values()[0] == doctest::Approx(0.25));
    CHECK(out.values()[1] == doctest::Approx(0.75));
    CHECK(out.values()[2] == 1);
    CHECK(out.values()[3] == 0);
    CHECK(std::isnan(engine::class_probabilities(tensor(Floats{0, not_a_number}, {1, 2})).values()[0]));
    CHECK_THROWS_AS(engine::class_probabilities(tensor(Floats{1, 2}, {2})), engine::UsageError);
}

TEST_CASE("the losses of examples are those whose mean a loss is") {
    const engine::Tensor logits = tensor(Floats{0, std::log(3.0F), 0, 1000, -1000, 0}, {2, 3});
    const engine::Tensor labels = tensor(std::vector<std::int64_t>{1, 0}, {2});
    const std::vector<float> losses = engine::example_losses(logits, labels);
    REQUIRE(losses.size() == 2);
    CHECK(losses[0] == doctest::Approx(std::log(5.0 / 3)));
    CHECK(losses[1] == 0);
    CHECK(engine::cross_entropy(logits, labels).item() == doctest::Approx((losses[0] + losses[1]) / 2));
    CHECK(engine::example_losses(logits, tensor(std::vector<std::int64_t>{0, 1}, {2}))[1] == 2000);
    for (const std::int64_t wrong : {-1, 3})
        CHECK_THROWS_AS(engine::example_losses(logits, tensor(std::vector<std::int64_t>{0, wrong}, {2})),
                        engine::UsageError);
    CHECK_THROWS_AS(engine::example_losses(logits, tensor(std::vector<std::int64_t>{0}, {1})),
                    engine::UsageError);
}

TEST_CASE("a timer measures laps and adds them up") {
    const auto nap = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
    engine::Timer timer;
    nap();
    CHECK(timer.seconds() >= 0.005);
    const double first = timer.stop();
    CHECK(first >= 0.005);
    CHECK(timer.total() == first);

    nap();  // between laps: does not count
    CHECK(timer.seconds() == first);
    CHECK(timer.stop() == first);
    CHECK(timer.total() == first);

    timer.start();
    nap();
    const double second = timer.stop();
    CHECK(second >= 0.005);
    CHECK(timer.total() == doctest::Approx(first + second));

    timer.start();
    CHECK(timer.total() == doctest::Approx(first + second));
}
