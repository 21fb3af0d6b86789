#include "engine/nn/module.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/nn/attention_conv.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/conv2d.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/dropout.h"
#include "engine/nn/flatten.h"
#include "engine/nn/init.h"
#include "engine/nn/linear.h"
#include "engine/nn/pooling.h"
#include "engine/nn/relu.h"
#include "engine/nn/sequential.h"
#include "engine/ops/arithmetic.h"
#include "engine/random.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::DType;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::holds;
using test::message_of;
using test::names_of;
using test::to_vector;
namespace nn = engine::nn;

namespace {

using Names = std::vector<std::string>;

/// A module whose content the test decides.
class Box : public nn::Module {
  public:
    using nn::Module::register_buffer;
    using nn::Module::register_module;
    using nn::Module::register_parameter;
};

/// A leaf module with parameter `w` and buffer `b`.
std::shared_ptr<Box> small_box(float value) {
    auto box = std::make_shared<Box>();
    box->register_parameter("w", engine::full({2}, value));
    box->register_buffer("b", engine::full({1}, value));
    return box;
}

/// outer{p, buffer q, first{w, b}, second{inner{w, b}, late}}; q and late are registered after the modules.
std::shared_ptr<Box> nested_boxes() {
    auto outer = std::make_shared<Box>(), second = std::make_shared<Box>();
    outer->register_parameter("p", engine::ones({3}));
    outer->register_module("first", small_box(1));
    outer->register_module("second", second);
    outer->register_buffer("q", engine::zeros({}, DType::int64));
    second->register_module("inner", small_box(2));
    second->register_parameter("late", engine::ones({1, 1}));
    return outer;
}

float largest_magnitude(const Tensor& x) {
    float largest = 0;
    for (const float value : x.values()) largest = std::max(largest, std::abs(value));
    return largest;
}

}  // namespace

TEST_CASE("names are paths; a module's own tensors come before those within") {
    const auto outer = nested_boxes();
    CHECK(names_of(outer->named_parameters()) == Names{"p", "first.w", "second.late", "second.inner.w"});
    CHECK(names_of(outer->named_buffers()) == Names{"q", "first.b", "second.inner.b"});
    CHECK(names_of(outer->state_dict()) ==
          Names{"p", "q", "first.w", "first.b", "second.late", "second.inner.w", "second.inner.b"});
    CHECK(outer->parameters().size() == 4);
    CHECK(outer->named_children().size() == 2);
    CHECK(outer->named_children()[1].first == "second");
}

TEST_CASE("parameters want gradients, buffers do not, and both are live tensors") {
    Box box;
    const Tensor parameter = box.register_parameter("w", engine::ones({2}));
    const Tensor buffer = box.register_buffer("b", engine::ones({2}));
    CHECK(parameter.requires_grad());
    CHECK(!buffer.requires_grad());
    CHECK(box.state_dict()[0].second.is(parameter));
    CHECK(box.state_dict()[1].second.is(buffer));
}

TEST_CASE("a name is taken once in a module, and has no dots") {
    Box box;
    box.register_parameter("w", engine::ones({1}));
    box.register_buffer("b", engine::ones({1}));
    box.register_module("m", small_box(1));
    for (const std::string name : {"w", "b", "m", "", "a.b", "."}) {
        CAPTURE(name);
        for (const std::string& message :
             {message_of<UsageError>([&] { box.register_parameter(name, engine::ones({1})); }),
              message_of<UsageError>([&] { box.register_buffer(name, engine::ones({1})); }),
              message_of<UsageError>([&] { box.register_module(name, small_box(1)); })})
            CHECK(holds(message, "'" + name + "'", "in Module::register", "without dots"));
    }
    CHECK_THROWS_AS(box.register_parameter("count", engine::zeros({1}, DType::int64)), UsageError);
    CHECK(names_of(box.state_dict()) == Names{"w", "b", "m.w", "m.b"});
}

TEST_CASE("train and eval reach all modules within") {
    const auto outer = nested_boxes();
    const auto& inner = *outer->named_children()[1].second->named_children()[0].second;
    CHECK(outer->is_training());
    CHECK(inner.is_training());
    outer->eval();
    CHECK(!outer->is_training());
    CHECK(!inner.is_training());
    outer->train();
    CHECK(inner.is_training());
}

TEST_CASE("zero_grad forgets the gradients of all parameters") {
    const auto outer = nested_boxes();
    for (const Tensor& parameter : outer->parameters()) engine::sum(parameter * 3.0F).backward();
    outer->zero_grad();
    for (const Tensor& parameter : outer->parameters()) CHECK(!parameter.grad().defined());
}

TEST_CASE("load_state_dict copies by name, in any order") {
    const auto source = nested_boxes(), target = nested_boxes();
    float value = 10;
    for (const auto& [name, tensor] : source->state_dict())
        if (tensor.dtype() == DType::float32) tensor.copy_(engine::full(tensor.shape(), ++value));
    *source->state_dict()[1].second.data<std::int64_t>() = 77;

    nn::NamedTensors state = source->state_dict();
    std::reverse(state.begin(), state.end());
    target->load_state_dict(state);
    CHECK(test::values_of(target->state_dict()) == test::values_of(source->state_dict()));
    CHECK(target->state_dict()[1].second.item() == 77.0);
    CHECK(!target->state_dict()[0].second.is(source->state_dict()[0].second));
}

TEST_CASE("load_state_dict changes nothing if anything is wrong") {
    const auto target = nested_boxes();
    const auto before = test::values_of(target->state_dict());
    // All values differ from the target's, so that a partial copy shows.
    nn::NamedTensors good;
    for (const auto& [name, tensor] : target->state_dict()) {
        good.emplace_back(name, tensor.clone());
        if (tensor.dtype() == DType::float32) good.back().second.copy_(engine::full(tensor.shape(), 50));
    }
    const std::string last = good.back().first;
    const auto refusal = [&](auto spoil) {
        nn::NamedTensors state = good;
        spoil(state);
        return message_of<UsageError>([&] { target->load_state_dict(state); });
    };
    CHECK(holds(refusal([](auto& state) { state.pop_back(); }), "'" + last + "' is missing",
                "in Module::load_state_dict"));
    CHECK(holds(refusal([](auto& state) { state.emplace_back("extra", engine::ones({1})); }), "'extra'",
                "no place"));
    CHECK(holds(refusal([](auto& state) {
                    state.back().second = engine::ones({2, 1});
                }),
                "'" + last + "'", "(2, 1)", "(1)"));
    CHECK(holds(refusal([](auto& state) { state.back().second = engine::zeros({1}, DType::int64); }),
                "'" + last + "'", "int64", "float32"));
    CHECK(test::values_of(target->state_dict()) == before);
    target->load_state_dict(good);
    CHECK(test::values_of(target->state_dict()) != before);
}

TEST_CASE("every layer gives the shape it promises") {
    const Tensor images = test::random_tensor({2, 8, 6, 3}, 1), rows = test::random_tensor({5, 7}, 2);
    CHECK(nn::Linear(7, 4)(rows).shape() == Shape{5, 4});
    CHECK(nn::Conv2d({3, 5, 3})(images).shape() == Shape{2, 6, 4, 5});
    CHECK(nn::Conv2d({3, 5, 3, 2, 1})(images).shape() == Shape{2, 4, 3, 5});
    CHECK(nn::AttentionConv(3, 5)(images).shape() == Shape{2, 8, 6, 5});
    CHECK(nn::AttentionConv(3, 5).attend(images).shape() == Shape{2, 3});
    CHECK(nn::BatchNorm2d(3)(images).shape() == images.shape());
    CHECK(nn::MaxPool2d(2)(images).shape() == Shape{2, 4, 3, 3});
    CHECK(nn::MaxPool2d(3, 1)(images).shape() == Shape{2, 6, 4, 3});
    CHECK(nn::AdaptiveAvgPool2d(3, 1)(images).shape() == Shape{2, 3, 1, 3});
    CHECK(nn::Flatten()(images).shape() == Shape{2, 144});
    CHECK(nn::ReLU()(images).shape() == images.shape());
    CHECK(nn::Dropout()(rows).shape() == rows.shape());
    CHECK(nn::CrossEntropyLoss(0.1F)(rows, engine::zeros({5}, DType::int64)).shape() == Shape{});
}

TEST_CASE("layers have the parameters and shapes of PyTorch's, filters channel-last") {
    const auto check = [](const nn::Module& module, const Names& names, const std::vector<Shape>& shapes) {
        const auto state = module.state_dict();
        CHECK(names_of(state) == names);
        REQUIRE(state.size() == shapes.size());
        for (std::size_t i = 0; i < shapes.size(); ++i) CHECK(state[i].second.shape() == shapes[i]);
    };
    check(nn::Linear(7, 4), {"weight", "bias"}, {{4, 7}, {4}});
    check(nn::Conv2d({3, 5, 2}), {"weight", "bias"}, {{5, 2, 2, 3}, {5}});
    check(nn::BatchNorm2d(6), {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"},
          {{6}, {6}, {6}, {6}, {}});
    check(nn::AttentionConv(2, 4),
          {"attention.weight", "attention.bias", "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
           "conv3.weight", "conv3.bias"},
          {{3, 2}, {3}, {4, 3, 3, 2}, {4}, {4, 3, 3, 2}, {4}, {4, 3, 3, 2}, {4}});
    check(nn::Dropout(), {}, {});
}

TEST_CASE("Sequential strings layers together under their numbers") {
    const auto net = nn::sequential(std::make_shared<nn::Linear>(7, 4), std::make_shared<nn::ReLU>(),
                                    std::make_shared<nn::Linear>(4, 2));
    CHECK(net->size() == 3);
    CHECK(names_of(net->state_dict()) == Names{"0.weight", "0.bias", "2.weight", "2.bias"});
    const Tensor x = test::random_tensor({5, 7}, 1);
    CHECK(to_vector((*net)(x)) == to_vector((*(*net)[2])((*(*net)[1])((*(*net)[0])(x)))));
    CHECK(nn::Sequential()(x).is(x));
    net->eval();
    CHECK(!(*net)[1]->is_training());
}

TEST_CASE("Dropout drops and scales in training") {
    engine::manual_seed(3);
    nn::Dropout layer(0.25);
    const Tensor x = engine::ones({10'000});
    const Floats first = to_vector(layer(x)), second = to_vector(layer(x));
    const auto dropped = std::count(first.begin(), first.end(), 0.0F);
    CHECK(std::abs(static_cast<double>(dropped) - 2'500) < 250);  // more than five standard deviations
    CHECK(std::count(first.begin(), first.end(), 1 / 0.75F) == 10'000 - dropped);
    CHECK(first != second);  // each call has its own mask
    engine::manual_seed(3);
    CHECK(to_vector(layer(x)) == first);

    CHECK(to_vector(nn::Dropout(1)(engine::ones({4}))) == Floats(4, 0.0F));
}

TEST_CASE("Dropout passes on the gradient of what it kept") {
    engine::manual_seed(4);
    const Tensor x = engine::ones({100}).set_requires_grad();
    nn::Dropout layer(0.5);
    const Tensor out = layer(x);
    engine::sum(out).backward();
    CHECK(test::gradient_of(x) == to_vector(out));
}

TEST_CASE("Dropout does nothing in evaluation or with probability 0, and draws nothing then") {
    engine::manual_seed(5);
    nn::Dropout layer(0.5), never(0);
    layer.eval();
    const Tensor x = engine::ones({4});
    CHECK(layer(x).is(x));
    CHECK(never(x).is(x));
    CHECK(engine::default_generator().next_stream() == 0);
    for (const double probability : {-0.1, 1.1, std::nan("")})
        CHECK(holds(message_of<UsageError>([&] { nn::Dropout{probability}; }), "probability", "in Dropout",
                    "between 0 and 1"));
}

TEST_CASE("BatchNorm2d counts batches and moves its statistics in training alone") {
    nn::BatchNorm2d layer(1);
    CHECK(layer.running_var.item() == 1.0);
    const Tensor x =
        engine::tensor(Floats{1, 2, 3, 6}, {2, 2, 1, 1});  // mean 3, variance 14/4, unbiased 14/3
    const Floats out = to_vector(layer(x));
    test::check_close("out", out, Floats{-1.0690435F, -0.5345217F, 0, 1.6035652F}, {1e-5, 1e-5});
    CHECK(layer.num_batches_tracked.item() == 1.0);
    CHECK(layer.running_mean.item() == doctest::Approx(0.3));
    CHECK(layer.running_var.item() == doctest::Approx(0.9 + 0.1 * 14 / 3));

    layer.eval();
    const double scale = 1 / std::sqrt(0.9 + 0.1 * 14 / 3 + 1e-5);
    const Floats evaluated = to_vector(layer(x));
    CHECK(evaluated[3] == doctest::Approx((6 - 0.3) * scale));
    CHECK(layer.num_batches_tracked.item() == 1.0);
    CHECK(layer.running_mean.item() == doctest::Approx(0.3));
}

TEST_CASE("BatchNorm2d does not count a batch it refuses") {
    nn::BatchNorm2d layer(3);
    CHECK_THROWS_AS(layer(engine::ones({1, 1, 1, 3})), UsageError);
    CHECK(holds(message_of<UsageError>([&] { layer(engine::ones({4, 3})); }), "(4, 3)", "in BatchNorm2d"));
    CHECK(layer.num_batches_tracked.item() == 0.0);
    CHECK(to_vector(layer.running_mean) == Floats{0, 0, 0});
}

TEST_CASE("the default initialisation is uniform with bound 1/sqrt(fan_in)") {
    engine::manual_seed(6);
    const nn::Conv2d conv({4, 50, 3});
    CHECK(largest_magnitude(conv.weight) <= 1.0F / 6);
    CHECK(largest_magnitude(conv.weight) > 0.99F / 6);
    CHECK(largest_magnitude(conv.bias) <= 1.0F / 6);
    CHECK(largest_magnitude(conv.bias) > 0.8F / 6);
    CHECK(std::abs(engine::mean(conv.weight).item()) < 5 * (1.0 / 6) / std::sqrt(3.0 * 1800));
    const nn::Linear linear(100, 30);
    CHECK(largest_magnitude(linear.weight) <= 0.1F);
    CHECK(largest_magnitude(linear.weight) > 0.099F);
    CHECK(largest_magnitude(linear.bias) <= 0.1F);
}

TEST_CASE("the same seed initialises alike, each parameter from numbers of its own") {
    const auto build = [](std::uint64_t seed) {
        engine::manual_seed(seed);
        return test::values_of(nn::AttentionConv(3, 8).state_dict());
    };
    const auto first = build(7);
    CHECK(build(7) == first);
    CHECK(build(8) != first);
    CHECK(first[2] != first[4]);  // conv1, conv2
    engine::Generator mine(7);
    CHECK(to_vector(nn::uniform({4}, 1, mine)) != to_vector(nn::uniform({4}, 1, mine)));
    CHECK(mine.next_stream() == 2);
}
