#include "models/attention_net.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/flatten.h"
#include "engine/ops/max_pool.h"
#include "engine/random.h"
#include "engine/serialize/layout.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using models::AttentionNet;
using models::AttentionNetOptions;
using test::holds;
using test::message_of;

namespace {

struct Entry {
    std::string name;
    Shape shape;
};

/// Names and shapes as they leave the program, in the order of PyTorch's state_dict.
std::vector<Entry> published(const AttentionNetOptions& options) {
    std::vector<Entry> result;
    std::int64_t in = options.in_channels;
    for (std::size_t i = 0; i < options.widths.size(); ++i) {
        const std::string block = "backbone." + std::to_string(i) + ".";
        const std::int64_t out = options.widths[i];
        result.push_back({block + "attention.weight", {3, in}});
        result.push_back({block + "attention.bias", {3}});
        for (const std::string conv : {"conv1", "conv2", "conv3"}) {
            result.push_back({block + conv + ".weight", {out, in, 3, 3}});
            result.push_back({block + conv + ".bias", {out}});
        }
        for (const std::string name : {"weight", "bias", "running_mean", "running_var"})
            result.push_back({block + "norm." + name, {out}});
        result.push_back({block + "norm.num_batches_tracked", {}});
        in = out;
    }
    result.push_back({"classifier.fc1.weight", {options.hidden, in}});
    result.push_back({"classifier.fc1.bias", {options.hidden}});
    result.push_back({"classifier.fc2.weight", {options.classes, options.hidden}});
    result.push_back({"classifier.fc2.bias", {options.classes}});
    return result;
}

/// A network whose running statistics are no longer those it began with.
void warm_up(AttentionNet& net, const Tensor& images) {
    const engine::NoGradGuard no_grad;
    net.train();
    net(images);
    net.eval();
}

}  // namespace

TEST_CASE("parameters and buffers have the published names, shapes and order") {
    for (const AttentionNetOptions& options :
         {AttentionNetOptions{}, AttentionNetOptions{.widths = {5}, .hidden = 1},
          AttentionNetOptions{.widths = {4, 7, 2}, .hidden = 6, .classes = 3, .in_channels = 1}}) {
        const AttentionNet net(options);
        const auto state = net.state_dict();
        const auto expected = published(options);
        REQUIRE(state.size() == expected.size());
        for (std::size_t i = 0; i < state.size(); ++i) {
            const auto& [name, tensor] = state[i];
            CHECK(name == expected[i].name);
            CHECK_MESSAGE(engine::to_channels_first(tensor).shape() == expected[i].shape, name);
            const bool counter = name.ends_with("num_batches_tracked");
            CHECK(tensor.dtype() == (counter ? engine::DType::int64 : engine::DType::float32));
        }
    }
}

TEST_CASE("the default network has 3,006,786 parameters") {
    std::int64_t total = 0;
    for (const Tensor& parameter : AttentionNet(AttentionNetOptions{}).parameters())
        total += parameter.numel();
    CHECK(total == 3'006'786);
}

TEST_CASE("images become logits, whatever their size") {
    AttentionNet net({.widths = {4, 6, 8}, .hidden = 5});
    for (const Shape& images : {Shape{2, 32, 32, 3}, Shape{3, 8, 8, 3}, Shape{2, 19, 13, 3}})
        CHECK(net(test::random_tensor(images, 1)).shape() == Shape{images[0], 10});
    AttentionNet grey({.widths = {4}, .hidden = 5, .classes = 7, .in_channels = 1});
    CHECK(grey(test::random_tensor({2, 6, 6, 1}, 1)).shape() == Shape{2, 7});
}

TEST_CASE("images that are too small or have other channels are refused") {
    AttentionNet net({.widths = {4, 6, 8}, .hidden = 5});
    CHECK(holds(message_of<UsageError>([&] {
                    net(engine::zeros({2, 7, 8, 3}));
                }),
                "window 2", "in max_pool"));
    CHECK(holds(message_of<UsageError>([&] { net(engine::zeros({2, 8, 8, 1})); }), "(3, 3)", "in linear"));
    CHECK_THROWS_AS(net(engine::zeros({8, 8, 3})), UsageError);
}

TEST_CASE("impossible options are refused") {
    const auto refusal = [](const AttentionNetOptions& options) {
        return message_of<UsageError>([&] { AttentionNet{options}; });
    };
    CHECK(holds(refusal({.widths = {}}), "widths", "in AttentionNet", "at least 1"));
    CHECK(holds(refusal({.widths = {4, 0}}), "width 0", "in AttentionNet"));
    CHECK(holds(refusal({.widths = {-3}}), "width -3"));
    CHECK(holds(refusal({.hidden = 0}), "hidden", "in AttentionNet"));
    CHECK(holds(refusal({.classes = 0}), "classes"));
    CHECK(holds(refusal({.in_channels = 0}), "input channels"));
    CHECK(holds(refusal({.dropout = 1.5}), "probability 1.5", "in Dropout"));
}

TEST_CASE("every parameter gets a gradient") {
    engine::manual_seed(1);
    AttentionNet net({.widths = {8, 8}, .hidden = 16, .dropout = 0});
    const Tensor images = test::random_tensor({4, 8, 8, 3}, 1);
    for (const auto& [name, parameter] : net.named_parameters())
        if (name.ends_with("attention.bias"))  // so that no branch is shut
            parameter.copy_(engine::ones(parameter.shape()));
    const Tensor logits = net(images);
    engine::sum(logits * logits).backward();
    for (const auto& [name, parameter] : net.named_parameters()) {
        CAPTURE(name);
        REQUIRE(parameter.grad().defined());
        bool any = false;
        for (const float value : parameter.grad().values()) any = any || value != 0;
        CHECK(any);
    }
}

TEST_CASE("in evaluation, an image's logits do not depend on the images beside it") {
    engine::manual_seed(2);
    AttentionNet net({.widths = {6, 9, 17}, .hidden = 12});
    const Tensor images = test::random_tensor({7, 16, 16, 3}, 1);
    warm_up(net, images);
    const engine::NoGradGuard no_grad;
    const test::Floats together = test::to_vector(net(images));
    const std::int64_t size = images.numel() / 7;
    for (std::int64_t n = 0; n < 7; ++n) {
        const Tensor image = engine::empty({1, 16, 16, 3});
        std::copy_n(images.data() + n * size, size, image.data());
        const test::Floats expected(together.begin() + 10 * n, together.begin() + 10 * (n + 1));
        test::check_same_bits("logits", test::to_vector(net(image)), expected);
    }
}

TEST_CASE("evaluation changes nothing and is repeatable; training draws dropout and moves statistics") {
    engine::manual_seed(3);
    AttentionNet net({.widths = {6, 9}, .hidden = 12});
    const Tensor images = test::random_tensor({5, 8, 8, 3}, 1);
    warm_up(net, images);
    const auto state = test::values_of(net.state_dict());
    const test::Floats logits = test::to_vector(net(images));
    CHECK(test::to_vector(net(images)) == logits);
    CHECK(test::values_of(net.state_dict()) == state);

    net.train();
    CHECK(test::to_vector(net(images)) != test::to_vector(net(images)));
    CHECK(test::values_of(net.state_dict()) != state);
    CHECK(static_cast<models::Block&>(*(*net.backbone)[1]).norm->num_batches_tracked.item() == 3.0);
}

TEST_CASE("attention gives the weights with which each block adds up its branches") {
    AttentionNet net({.widths = {3, 4}, .blocks = {1, 2}, .residual = true, .hidden = 5});
    net.eval();
    const engine::NoGradGuard no_grad;
    const Tensor images = test::random_tensor({2, 8, 8, 3}, 1);
    const std::vector<Tensor> attention = net.attention(images);
    REQUIRE(attention.size() == 3);
    Tensor x = images;
    for (std::size_t i = 0; i < attention.size(); ++i) {
        CAPTURE(i);
        auto& block = dynamic_cast<models::Block&>(*(*net.backbone)[i]);
        CHECK(attention[i].shape() == Shape{2, 3});
        CHECK(test::to_vector(attention[i]) == test::to_vector(block.attend(x)));
        x = block(x);
    }
}

TEST_CASE("the same seed builds the same network") {
    const auto build = [](std::uint64_t seed) {
        engine::manual_seed(seed);
        return test::values_of(AttentionNet({.widths = {4, 6}, .hidden = 5}).state_dict());
    };
    CHECK(build(4) == build(4));
    CHECK(build(4) != build(5));
}

TEST_CASE("a stage may have several blocks: the first halves the image, the others may add their input") {
    for (const bool residual : {false, true}) {
        CAPTURE(residual);
        engine::manual_seed(6);
        AttentionNet net(
            {.widths = {4, 6}, .blocks = {2, 3}, .residual = residual, .hidden = 5, .dropout = 0});
        REQUIRE(net.backbone->size() == 5);
        const Tensor images = test::random_tensor({3, 8, 8, 3}, 1);
        // The same, layer by layer.
        Tensor x = images;
        for (std::size_t i = 0; i < 5; ++i) {
            auto& block = static_cast<models::Block&>(*(*net.backbone)[i]);
            CHECK(block.options.pool == (i == 0 || i == 2));
            const Tensor convolved = block.AttentionConv::forward(x);
            const Tensor normalised = engine::batch_norm(
                convolved, {engine::zeros({convolved.size(3)}), engine::ones({convolved.size(3)})},
                block.norm->weight, block.norm->bias, true);
            if (block.options.pool)
                x = engine::max_pool(normalised, 2, 2);
            else
                x = residual ? x + normalised : normalised;
        }
        CHECK(x.shape() == Shape{3, 2, 2, 6});
        const Tensor expected = (*net.classifier)(engine::flatten(engine::adaptive_avg_pool(x, 1, 1)));
        test::check_close("logits", test::to_vector(net(images)), test::to_vector(expected), {1e-5, 1e-5});
    }
}

TEST_CASE("pool-first: a block that halves the image normalises the maxima") {
    engine::manual_seed(6);
    AttentionNet net({.widths = {4, 6}, .blocks = {2, 1}, .residual = true, .pool_first = true, .hidden = 5});
    const auto block = [&](std::size_t i) -> models::Block& {
        return static_cast<models::Block&>(*(*net.backbone)[i]);
    };
    const auto normalised = [](const models::Block& of, const Tensor& x) {
        return engine::batch_norm(x, {engine::zeros({x.size(3)}), engine::ones({x.size(3)})}, of.norm->weight,
                                  of.norm->bias, true);
    };
    const Tensor images = test::random_tensor({3, 8, 8, 3}, 1);
    const Tensor halved = normalised(block(0), engine::max_pool(block(0).AttentionConv::forward(images), 2));
    const Tensor summed = halved + normalised(block(1), block(1).AttentionConv::forward(halved));
    const Tensor expected =
        normalised(block(2), engine::max_pool(block(2).AttentionConv::forward(summed), 2));
    const Tensor out = (*net.backbone)(images);
    CHECK(out.shape() == Shape{3, 2, 2, 6});
    test::check_close("backbone", test::to_vector(out), test::to_vector(expected), {1e-5, 1e-5});
    // In evaluation, too, where the statistics are those of maxima.
    net.eval();
    CHECK(test::to_vector(block(0)(images)) ==
          test::to_vector((*block(0).norm)(engine::max_pool(block(0).AttentionConv::forward(images), 2))));
}

TEST_CASE("a stem is a block before the stages, and leaves the image its size") {
    engine::manual_seed(6);
    AttentionNet net({.widths = {4, 6}, .residual = true, .stem = 5, .hidden = 5});
    REQUIRE(net.backbone->size() == 3);
    const auto block = [&](std::size_t i) -> models::Block& {
        return static_cast<models::Block&>(*(*net.backbone)[i]);
    };
    const Tensor images = test::random_tensor({2, 8, 8, 3}, 1);
    Tensor x = block(0)(images);
    CHECK(x.shape() == Shape{2, 8, 8, 5});
    x = block(2)(block(1)(x));
    CHECK(x.shape() == Shape{2, 2, 2, 6});
    CHECK(net(images).shape() == Shape{2, 10});
    CHECK(net.attention(images).size() == 3);
    CHECK(AttentionNet({.widths = {4}}).backbone->size() == 1);  // none, unless it is asked for
}

TEST_CASE("blocks have to fit the widths, and run with a momentum of their own") {
    const auto refusal = [](const AttentionNetOptions& options) {
        return message_of<UsageError>([&] { AttentionNet{options}; });
    };
    CHECK(holds(refusal({.widths = {4, 6}, .blocks = {1}}), "1 numbers of blocks for 2 widths"));
    CHECK(holds(refusal({.widths = {4}, .blocks = {0}}), "0 blocks of width 4", "at least 1"));
    CHECK(holds(refusal({.widths = {4}, .stem = -1}), "stem of -1"));

    AttentionNet net({.widths = {4}, .norm_momentum = 1});
    auto& block = static_cast<models::Block&>(*(*net.backbone)[0]);
    net(engine::zeros({2, 4, 4, 3}));  // constant: the batch's variance is 0
    for (const float variance : block.norm->running_var.values()) CHECK(variance < 1e-3F);
}
