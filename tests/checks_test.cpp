#include "engine/ops/checks.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/attention_conv.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/dropout.h"
#include "engine/ops/flatten.h"
#include "engine/ops/linear.h"
#include "engine/ops/max_pool.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::DType;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using engine::zeros;

namespace {

/// A call that must fail, and what its message must hold: the misfit, the op, the remedy.
struct Misuse {
    std::function<void()> call;
    std::vector<std::string> parts;
};

void check(const std::vector<Misuse>& table) {
    for (const auto& [call, parts] : table) {
        const std::string message = test::message_of<UsageError>(call);
        for (const std::string& part : parts) CHECK_MESSAGE(test::holds(message, part), message, " | ", part);
        CHECK(!test::holds(message, "\n"));
    }
}

const Tensor images = zeros({2, 5, 4, 3}), labels = zeros({2}, DType::int64);

/// Weights that fit `images`, to be spoilt in one place.
engine::AttentionConvWeights branches() {
    return {{zeros({6, 3, 3, 3}), zeros({6, 3, 3, 3}), zeros({6, 3, 3, 3})},
            {zeros({6}), zeros({6}), zeros({6})}};
}

}  // namespace

TEST_CASE("check_rank, check_shape: what, where, what to do") {
    check({{[] {
                engine::check_rank("op", zeros({2, 3}), 4, "(N, H, W, C)");
            },
            {"the input has shape (2, 3)", "in op", "it must be (N, H, W, C)"}},
           {[] { engine::check_rank("op", labels, 1, "(N)"); }, {"int64", "in op", "float32"}},
           {[] { engine::check_rank("op", Tensor(), 1, "(N)"); }, {"the input is undefined", "in op"}},
           {[] { engine::check_shape("op", "bias", zeros({3}), {4}); },
            {"bias has shape (3)", "in op", "it must be (4)"}},
           {[] { engine::check_shape("op", "bias", Tensor(), {4}); }, {"bias is undefined", "in op"}}});
    CHECK_NOTHROW(engine::check_rank("op", images, 4, "(N, H, W, C)"));
    CHECK_NOTHROW(engine::check_shape("op", "x", images, {2, 5, 4, 3}));
    CHECK_NOTHROW(engine::check_device("op", images, {labels}));
}

TEST_CASE("conv2d") {
    const Tensor weight = zeros({6, 3, 3, 3});
    check({{[&] {
                engine::conv2d(zeros({5, 4, 3}), weight);
            },
            {"(5, 4, 3)", "in conv2d", "(N, H, W, C)"}},
           {[&] {
                engine::conv2d(images, zeros({6, 3, 3, 2}));
            },
            {"weight has shape (6, 3, 3, 2)", "in conv2d", "it must be (6, 3, 3, 3)"}},
           {[&] {
                engine::conv2d(images, zeros({6, 3, 2, 3}));
            },
            {"(6, 3, 2, 3)", "in conv2d"}},
           {[&] { engine::conv2d(images, weight, zeros({5})); }, {"bias has shape (5)", "(6)"}},
           {[&] { engine::conv2d(images, weight, {}, 0); }, {"stride 0", "in conv2d", "at least 1"}},
           {[&] { engine::conv2d(images, weight, {}, 1, -1); }, {"padding -1", "in conv2d"}},
           {[&] {
                engine::conv2d(images, zeros({6, 5, 5, 3}));
            },
            {"5x5", "(2, 5, 4, 3)", "in conv2d", "smaller kernel or more padding"}},
           {[&] { engine::conv2d(labels, weight); }, {"int64", "in conv2d"}},
           {[&] { engine::conv2d(images, Tensor()); }, {"undefined", "in conv2d"}}});
}

TEST_CASE("attention_conv") {
    const Tensor a = zeros({2, 3});
    const auto spoilt = [&](auto spoil) {
        return [=] {
            engine::AttentionConvWeights weights = branches();
            spoil(weights);
            engine::attention_conv(images, a, weights);
        };
    };
    CHECK_NOTHROW(engine::attention_conv(images, a, branches()));
    check({{[&] {
                engine::attention_conv(images, zeros({3, 3}), branches());
            },
            {"a has shape (3, 3)", "in attention_conv", "it must be (2, 3)"}},
           {[&] { engine::attention_conv(images, zeros({2}), branches()); }, {"a has shape (2)"}},
           {[&] {
                engine::attention_conv(zeros({2, 5, 4, 4}), a, branches());
            },
            {"weight has shape (6, 3, 3, 3)", "in attention_conv", "(6, 3, 3, 4)"}},
           {spoilt([](auto& weights) {
                weights.weight[2] = zeros({5, 3, 3, 3});
            }),
            {"weight has shape (5, 3, 3, 3)", "in attention_conv"}},
           {spoilt([](auto& weights) { weights.bias[1] = zeros({5}); }), {"bias has shape (5)", "(6)"}},
           {spoilt([](auto& weights) { weights.bias[0] = Tensor(); }), {"bias is undefined"}},
           {[&] {
                engine::attention_conv(images, a, branches(), {1, -2});
            },
            {"padding -2"}}});
}

TEST_CASE("linear") {
    const Tensor x = zeros({2, 3}), weight = zeros({4, 3});
    check({{[&] { engine::linear(zeros({3}), weight); }, {"(3)", "in linear", "(N, in_features)"}},
           {[&] {
                engine::linear(x, zeros({4, 5}));
            },
            {"(4, 5)", "in linear", "it must be (4, 3)"}},
           {[&] { engine::linear(x, zeros({3})); }, {"in linear", "(out_features, in_features)"}},
           {[&] { engine::linear(x, weight, zeros({3})); }, {"bias has shape (3)", "in linear", "(4)"}},
           {[&] { engine::linear(Tensor(), weight); }, {"undefined", "in linear"}}});
}

TEST_CASE("batch_norm") {
    const Tensor c3 = zeros({3}), c4 = zeros({4}), one = zeros({1, 1, 1, 3});
    check({{[&] {
                engine::batch_norm(images, {c3, c3}, c4, c3, true);
            },
            {"weight has shape (4)", "in batch_norm", "it must be (3)"}},
           {[&] {
                engine::batch_norm(images, {c3, c3}, c3, c4, true);
            },
            {"bias has shape (4)"}},
           {[&] {
                engine::batch_norm(images, {c4, c3}, c3, c3, true);
            },
            {"running mean", "(4)"}},
           {[&] {
                engine::batch_norm(images, {c3, c4}, c3, c3, false);
            },
            {"running variance", "(4)"}},
           {[&] {
                engine::batch_norm(one, {c3, c3}, c3, c3, true);
            },
            {"one value per channel", "(1, 1, 1, 3)", "in batch_norm", "larger batch"}},
           {[&] {
                engine::batch_norm({}, {c3, c3}, c3, c3, true);
            },
            {"undefined", "in batch_norm"}}});
    CHECK_NOTHROW(engine::batch_norm(one, {c3, engine::ones({3})}, c3, c3, false));
}

TEST_CASE("max_pool, adaptive_avg_pool, flatten") {
    check({{[] {
                engine::max_pool(zeros({2, 3}), 2);
            },
            {"(2, 3)", "in max_pool", "(N, H, W, C)"}},
           {[] { engine::max_pool(images, 5); }, {"window 5", "(2, 5, 4, 3)", "in max_pool"}},
           {[] { engine::max_pool(images, 0); }, {"window 0", "in max_pool"}},
           {[] {
                engine::max_pool(zeros({1, 20, 20, 1}), 17);
            },
            {"window 17", "1 to 16"}},
           {[] { engine::max_pool(images, 2, -1); }, {"stride -1", "in max_pool"}},
           {[] { engine::adaptive_avg_pool(zeros({3}), 1, 1); }, {"(3)", "in adaptive_avg_pool"}},
           {[] { engine::adaptive_avg_pool(images, 0, 1); }, {"0x1", "in adaptive_avg_pool", "at least one"}},
           {[] {
                engine::adaptive_avg_pool(zeros({1, 0, 4, 2}), 1, 1);
            },
            {"(1, 0, 4, 2)"}},
           {[] {
                engine::flatten(zeros({2, 3}));
            },
            {"(2, 3)", "in flatten", "(N, H, W, C)"}}});
}

TEST_CASE("cross_entropy, dropout") {
    const Tensor logits = zeros({2, 10});
    const auto labelled = [&](std::int64_t label) {
        return [=] { engine::cross_entropy(logits, engine::tensor(test::Labels{0, label}, {2})); };
    };
    CHECK_NOTHROW(labelled(9)());
    check({{[&] { engine::cross_entropy(zeros({10}), labels); }, {"(10)", "in cross_entropy"}},
           {[&] { engine::cross_entropy(logits, zeros({3}, DType::int64)); },
            {"labels", "2 rows", "in cross_entropy", "one int64 label per row"}},
           {[&] { engine::cross_entropy(logits, zeros({2})); }, {"labels", "in cross_entropy"}},
           {labelled(10), {"label 10", "in cross_entropy", "between 0 and 9"}},
           {labelled(-1), {"label -1", "between 0 and 9"}},
           {[&] {
                engine::cross_entropy(zeros({0, 10}), zeros({0}, DType::int64));
            },
            {"empty batch"}},
           {[&] { engine::cross_entropy(logits, labels, 1.5F); }, {"smoothing", "in cross_entropy"}},
           {[&] { engine::cross_entropy(logits, labels, NAN); }, {"smoothing", "in cross_entropy"}},
           {[&] { engine::dropout(logits, 1.5, {}); }, {"probability 1.5", "in dropout"}},
           {[&] { engine::dropout(logits, NAN, {}); }, {"probability", "in dropout", "between 0 and 1"}}});
}
