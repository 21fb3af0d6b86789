#include "kernels/cross_entropy/cross_entropy.h"

#include <cmath>
#include <limits>

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

std::vector<std::int64_t> some_labels(std::int64_t rows, std::int64_t classes) {
    std::vector<std::int64_t> labels;
    for (std::int64_t n = 0; n < rows; ++n) labels.push_back(n * 7 % classes);
    return labels;
}

struct Result {
    float loss;
    std::vector<float> probabilities;
};

/// Checks that each GPU has the same loss, NaN and infinity included.
void check_loss_on_gpus(float expected, const std::vector<float>& logits,
                        const std::vector<std::int64_t>& labels, float smoothing) {
    const auto rows = static_cast<std::int64_t>(labels.size()),
               size = static_cast<std::int64_t>(logits.size());
    for (const auto& gpu : test::on_gpus([&](auto& device) {
             const auto z = device.array(logits);
             const auto targets = device.array(labels);
             const auto loss = device.template output<float>(1),
                        softmax = device.template output<float>(size);
             cross_entropy_forward(device.id(), {loss.data(), softmax.data(), z.data(), targets.data(),
                                                 smoothing, rows, size / rows});
             return test::Results{loss.values()};
         })) {
        const float loss = gpu[0][0];
        CHECK((std::isnan(expected) ? std::isnan(loss)
                                    : loss == expected || std::abs(loss - expected) < 1e-6F));
    }
}

Result forward(const std::vector<float>& logits, const std::vector<std::int64_t>& labels, float smoothing) {
    const auto rows = static_cast<std::int64_t>(labels.size()),
               size = static_cast<std::int64_t>(logits.size());
    Result result{std::numeric_limits<float>::quiet_NaN(), test::poisoned<float>(size)};
    cpu::cross_entropy_forward({&result.loss, result.probabilities.data(), logits.data(), labels.data(),
                                smoothing, rows, size / rows});
    check_loss_on_gpus(result.loss, logits, labels, smoothing);
    return result;
}

}  // namespace

TEST_CASE("cross_entropy: fast equals reference") {
    for (const std::int64_t rows : {1, 3, 128}) {
        for (const std::int64_t classes : {1, 2, 10, 17, 33}) {
            for (const float smoothing : {0.0F, 0.1F}) {
                CAPTURE(rows);
                CAPTURE(classes);
                const std::int64_t size = rows * classes;
                const auto logits = test::random_values<float>(size, 1, -5, 5);
                const auto labels = some_labels(rows, classes);
                const std::vector<float> d_loss = {0.7F};
                auto loss = test::poisoned<float>(1), probabilities = test::poisoned<float>(size);
                auto d_logits = test::prefilled<float>(size);
                reference::cross_entropy_forward(CrossEntropyForward<float>{loss.data(), probabilities.data(),
                                                                            logits.data(), labels.data(),
                                                                            smoothing, rows, classes});
                reference::cross_entropy_backward(
                    CrossEntropyBackward<float>{d_logits.data(), d_loss.data(), probabilities.data(),
                                                labels.data(), smoothing, rows, classes});

                const auto fast = test::same_for_any_threads([&] {
                    std::vector<std::vector<float>> r = {
                        test::poisoned<float>(1), test::poisoned<float>(size), test::prefilled<float>(size)};
                    cpu::cross_entropy_forward(
                        {r[0].data(), r[1].data(), logits.data(), labels.data(), smoothing, rows, classes});
                    cpu::cross_entropy_backward(
                        {r[2].data(), d_loss.data(), r[1].data(), labels.data(), smoothing, rows, classes});
                    return r;
                });
                test::check_close("loss", fast[0], loss, {1e-6, 1e-6});
                test::check_close("probabilities", fast[1], probabilities, {1e-7, 1e-6});
                test::check_close("d_logits", fast[2], d_logits, {1e-6, 1e-6});

                for (const auto& gpu : test::on_gpus([&](auto& device) {
                         const auto z = device.array(logits), upstream = device.array(d_loss);
                         const auto targets = device.array(labels);
                         const auto out = device.template output<float>(1);
                         const auto softmax = device.template output<float>(size);
                         const auto d_z = device.array(test::prefilled<float>(size));
                         cross_entropy_forward(device.id(), {out.data(), softmax.data(), z.data(),
                                                             targets.data(), smoothing, rows, classes});
                         cross_entropy_backward(device.id(), {d_z.data(), upstream.data(), softmax.data(),
                                                              targets.data(), smoothing, rows, classes});
                         return test::Results{out.values(), softmax.values(), d_z.values()};
                     })) {
                    test::check_close("loss, on a GPU", gpu[0], loss, {1e-6, 1e-6});
                    test::check_close("probabilities, on a GPU", gpu[1], probabilities, {1e-7, 1e-6});
                    test::check_close("d_logits, on a GPU", gpu[2], d_logits, {1e-6, 1e-6});
                }
            }
        }
    }
}

TEST_CASE("cross_entropy: equal logits cost log(classes)") {
    const std::vector<float> logits(20, 3.0F);
    for (const float smoothing : {0.0F, 0.1F}) {
        const Result result = forward(logits, {4, 9}, smoothing);
        CHECK(std::abs(result.loss - std::log(10.0F)) < 1e-6F);
        for (const float p : result.probabilities) CHECK(std::abs(p - 0.1F) < 1e-7F);
    }
}

TEST_CASE("cross_entropy: smoothing spreads the target, as worked out by hand") {
    // logits (log 3, 0): softmax (3/4, 1/4). Target with s = 0.2, label 0: (0.9, 0.1).
    const Result result = forward({std::log(3.0F), 0.0F}, {0}, 0.2F);
    CHECK(std::abs(result.loss - static_cast<float>(-0.9 * std::log(0.75) - 0.1 * std::log(0.25))) < 1e-6F);
}

TEST_CASE("cross_entropy: huge logits neither overflow nor lose the loss") {
    const Result right = forward({1000.0F, 0.0F, -1000.0F}, {0}, 0.0F);
    CHECK(right.loss == 0.0F);
    const Result wrong = forward({1000.0F, 0.0F, -1000.0F}, {2}, 0.0F);
    CHECK(wrong.loss == 2000.0F);
}

TEST_CASE("cross_entropy: a class that is ruled out costs nothing unless it is the label") {
    constexpr float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> logits = {0.0F, 0.0F, -inf};
    CHECK(std::abs(forward(logits, {1}, 0.0F).loss - std::log(2.0F)) < 1e-6F);
    CHECK(forward(logits, {2}, 0.0F).loss == inf);

    auto loss = test::poisoned<float>(1), probabilities = test::poisoned<float>(3);
    const std::int64_t label = 1;
    reference::cross_entropy_forward(
        CrossEntropyForward<float>{loss.data(), probabilities.data(), logits.data(), &label, 0.0F, 1, 3});
    CHECK(std::abs(loss[0] - std::log(2.0F)) < 1e-6F);
}

TEST_CASE("cross_entropy: NaN in a logit is NaN in the loss") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(forward({0.0F, nan, 1.0F}, {0}, 0.0F).loss));
    CHECK(std::isnan(forward({nan, 0.0F, 1.0F}, {1}, 0.0F).loss));
}

TEST_CASE("cross_entropy: a label that is no class is NaN in the loss of a GPU") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::int64_t label : {-1, 3}) check_loss_on_gpus(nan, {1, 2, 3, 4, 5, 6}, {0, label}, 0);
}

TEST_CASE("cross_entropy: gradcheck") {
    const auto labels = some_labels(4, 5);
    for (const double smoothing : {0.0, 0.15}) {
        test::gradcheck(
            {test::random_values<double>(20, 1, -3, 3)},
            [&](const test::Arrays& in) {
                auto loss = test::poisoned<double>(1), probabilities = test::poisoned<double>(20);
                reference::cross_entropy_forward(CrossEntropyForward<double>{
                    loss.data(), probabilities.data(), in[0].data(), labels.data(), smoothing, 4, 5});
                return loss;
            },
            [&](const test::Arrays& in, const std::vector<double>& d_loss, test::Arrays& g) {
                auto loss = test::poisoned<double>(1), probabilities = test::poisoned<double>(20);
                reference::cross_entropy_forward(CrossEntropyForward<double>{
                    loss.data(), probabilities.data(), in[0].data(), labels.data(), smoothing, 4, 5});
                reference::cross_entropy_backward(CrossEntropyBackward<double>{
                    g[0].data(), d_loss.data(), probabilities.data(), labels.data(), smoothing, 4, 5});
            });
    }
}
