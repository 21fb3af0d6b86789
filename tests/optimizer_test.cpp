#include "engine/optim/optimizer.h"

#include <cmath>
#include <limits>
#include <memory>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/linear.h"
#include "engine/ops/arithmetic.h"
#include "engine/optim/adam.h"
#include "engine/optim/ema.h"
#include "engine/optim/lookahead.h"
#include "engine/optim/sgd.h"
#include "engine/random.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::DType;
using engine::Tensor;
using engine::UsageError;
using engine::nn::NamedTensors;
using engine::optim::Adam;
using engine::optim::AdamOptions;
using engine::optim::Ema;
using engine::optim::Lookahead;
using engine::optim::ParameterFactors;
using engine::optim::Sgd;
using engine::optim::SgdOptions;
using test::Floats;
using test::holds;
using test::leaf;
using test::message_of;
using test::to_vector;

namespace {

/// One step down the slope of the sum over all parameters of |p - 1|^2, each weighted by its place.
void step_towards_one(const NamedTensors& parameters, Adam& adam) {
    adam.zero_grad();
    float weight = 0;
    for (const auto& [name, parameter] : parameters) {
        const Tensor distance = parameter - engine::ones({});
        engine::sum(distance * distance * ++weight).backward();
    }
    adam.step();
}

NamedTensors two_parameters() { return {{"a", leaf({3, -2, 0.5F}, {3})}, {"b", leaf({4}, {1, 1})}}; }

}  // namespace

TEST_CASE("the first step of Adam has the length of the learning rate, against the gradient's sign") {
    const Tensor x = leaf({1, 1, 1}, {3});
    Adam adam({{"x", x}}, {.lr = 0.25});
    engine::sum(x * engine::tensor(Floats{5, -0.001F, 0}, {3})).backward();
    adam.step();
    test::check_close("x", to_vector(x), Floats{0.75F, 1.25F, 1}, {1e-5, 0});
}

TEST_CASE("Adam finds the minimum of a quadratic") {
    const NamedTensors parameters = two_parameters();
    Adam adam(parameters, {.lr = 0.05});
    for (int i = 0; i < 600; ++i) step_towards_one(parameters, adam);
    for (const auto& [name, parameter] : parameters)
        for (const float value : parameter.values()) CHECK(value == doctest::Approx(1.0).epsilon(1e-3));
}

TEST_CASE("Adam fits a line") {
    engine::manual_seed(1);
    engine::nn::Linear line(1, 1);
    Adam adam(line.named_parameters(), {.lr = 0.05});
    const Tensor x = engine::tensor(test::random_values<float>(64, 1), {64, 1});
    const Tensor y = x * 3.0F - engine::ones({});
    for (int i = 0; i < 800; ++i) {
        adam.zero_grad();
        const Tensor error = line(x) - y;
        engine::mean(error * error).backward();
        adam.step();
    }
    CHECK(line.weight.item() == doctest::Approx(3.0).epsilon(1e-3));
    CHECK(line.bias.item() == doctest::Approx(-1.0).epsilon(1e-3));
}

TEST_CASE("weight decay pulls towards zero") {
    const Tensor x = leaf({2}, {1});
    Adam adam({{"x", x}}, {.lr = 0.1, .weight_decay = 0.5});
    x.grad_target();  // a gradient of zero
    adam.step();
    CHECK(x.item() == doctest::Approx(1.9));
}

TEST_CASE("a parameter without a gradient stays as it is, weight decay or not") {
    const Tensor used = leaf({2}, {1}), unused = leaf({5, 6}, {2});
    Adam adam({{"used", used}, {"unused", unused}}, {.lr = 0.1, .weight_decay = 0.1});
    adam.zero_grad();
    engine::sum(used * used).backward();
    adam.step();
    CHECK(used.item() < 2.0);
    CHECK(to_vector(unused) == Floats{5, 6});
    CHECK(!unused.grad().defined());
    for (const auto& [name, tensor] : adam.state())
        if (name == "m.unused" || name == "v.unused") CHECK(to_vector(tensor) == Floats{0, 0});
}

TEST_CASE("zero_grad lets gradients begin anew, in the same memory") {
    const Tensor x = leaf({2}, {1});
    Adam adam({{"x", x}}, {});
    engine::sum(x).backward();
    const float* memory = x.grad().data();
    adam.zero_grad();
    CHECK(!x.grad().defined());
    adam.step();  // has nothing to do
    CHECK(to_vector(x) == Floats{2});
    engine::sum(x * 3.0F).backward();
    CHECK(test::gradient_of(x) == Floats{3});
    CHECK(x.grad().data() == memory);
}

TEST_CASE("the state has a name for everything and is alive") {
    const NamedTensors parameters = two_parameters();
    Adam adam(parameters, {});
    const NamedTensors state = adam.state();
    CHECK(test::names_of(state) == std::vector<std::string>{"step", "m.a", "v.a", "m.b", "v.b"});
    CHECK(state[0].second.dtype() == DType::int64);
    CHECK(state[4].second.shape() == engine::Shape{1, 1});
    step_towards_one(parameters, adam);
    CHECK(state[0].second.item() == 1.0);
    CHECK(state[1].second.data()[0] != 0.0F);
}

TEST_CASE("an optimiser goes on from a saved state as if nothing had happened") {
    const NamedTensors parameters = two_parameters();
    const AdamOptions options{.lr = 0.1, .weight_decay = 0.01};
    Adam adam(parameters, options);
    for (int i = 0; i < 3; ++i) step_towards_one(parameters, adam);
    const NamedTensors saved_parameters = test::copy_of(parameters),
                       saved_state = test::copy_of(adam.state());
    for (int i = 0; i < 3; ++i) step_towards_one(parameters, adam);

    NamedTensors resumed = two_parameters();
    for (std::size_t i = 0; i < resumed.size(); ++i) resumed[i].second.copy_(saved_parameters[i].second);
    Adam other(resumed, options);
    other.load_state(saved_state);
    for (int i = 0; i < 3; ++i) step_towards_one(resumed, other);
    CHECK(test::values_of(resumed) == test::values_of(parameters));
    CHECK(other.state()[0].second.item() == 6.0);
}

TEST_CASE("a state that does not fit is refused and changes nothing") {
    const NamedTensors parameters = two_parameters();
    Adam adam(parameters, {});
    step_towards_one(parameters, adam);
    const auto before = test::values_of(adam.state());
    NamedTensors good = test::copy_of(adam.state());
    for (const auto& [name, tensor] : good) tensor.zero_();
    const auto refusal = [&](auto spoil) {
        NamedTensors state = good;
        spoil(state);
        return message_of<UsageError>([&] { adam.load_state(state); });
    };
    CHECK(holds(refusal([](auto& state) { state.pop_back(); }), "state does not fit",
                "in Optimizer::load_state", "same optimiser"));
    CHECK(holds(refusal([](auto& state) { state.emplace_back("m.c", engine::ones({1})); }), "does not fit"));
    CHECK(holds(refusal([](auto& state) { state[4].first = "v.c"; }), "'v.b'"));
    CHECK(holds(refusal([](auto& state) { state[4].second = engine::ones({2}); }), "'v.b'"));
    CHECK(holds(refusal([](auto& state) { state[0].second = engine::ones({}); }), "'step'"));
    CHECK(holds(refusal([](auto& state) { state.clear(); }), "does not fit"));
    CHECK(test::values_of(adam.state()) == before);
    CHECK(adam.state()[0].second.item() == 1.0);
}

TEST_CASE("only leaves that want gradients can be optimised") {
    const Tensor x = leaf({1}, {1});
    CHECK(holds(message_of<UsageError>([&] {
                    Adam({{"frozen", engine::ones({1})}}, {});
                }),
                "'frozen'", "in Optimizer", "requires_grad"));
    CHECK(holds(message_of<UsageError>([&] { Adam({{"x", x}, {"result", x * x}}, {}); }), "'result'"));
}

TEST_CASE("Sgd finds the minimum of a quadratic, and goes on from a saved state") {
    const auto train = [](const NamedTensors& parameters, Sgd& sgd, int steps) {
        for (int i = 0; i < steps; ++i) {
            sgd.zero_grad();
            for (const auto& [name, parameter] : parameters) {
                const Tensor distance = parameter - engine::ones({});
                engine::sum(distance * distance).backward();
            }
            sgd.step();
        }
    };
    const SgdOptions options{.lr = 0.02, .momentum = 0.9};
    const NamedTensors parameters = two_parameters();
    Sgd sgd(parameters, options);
    CHECK(test::names_of(sgd.state()) == std::vector<std::string>{"velocity.a", "velocity.b"});
    train(parameters, sgd, 3);
    const NamedTensors saved = test::copy_of(parameters), state = test::copy_of(sgd.state());
    train(parameters, sgd, 400);
    for (const auto& [name, parameter] : parameters)
        for (const float value : parameter.values()) CHECK(value == doctest::Approx(1.0).epsilon(1e-4));

    NamedTensors resumed = two_parameters();
    for (std::size_t i = 0; i < resumed.size(); ++i) resumed[i].second.copy_(saved[i].second);
    Sgd other(resumed, options);
    other.load_state(state);
    train(resumed, other, 400);
    CHECK(test::values_of(resumed) == test::values_of(parameters));
}

TEST_CASE("Lookahead goes back half of the way after every few steps, and goes on from a saved state") {
    const auto lookahead = [](const Tensor& x) {
        return Lookahead(std::make_unique<Sgd>(NamedTensors{{"x", x}}, SgdOptions{.lr = 1, .momentum = 0}),
                         2);
    };
    const auto step = [](const Tensor& x, Lookahead& optimizer) {
        optimizer.zero_grad();
        engine::sum(x).backward();
        optimizer.step();
        optimizer.after_step();
        return x.item();
    };
    const Tensor x = leaf({8}, {1});
    Lookahead optimizer = lookahead(x);
    CHECK(step(x, optimizer) == 7);
    CHECK(step(x, optimizer) == 7);  // 6, and half of the way back to 8
    CHECK(step(x, optimizer) == 6);
    CHECK(test::names_of(optimizer.state()) ==
          std::vector<std::string>{"velocity.x", "lookahead.step", "lookahead.x"});

    const Tensor resumed = leaf({6}, {1});
    Lookahead other = lookahead(resumed);
    other.load_state(test::copy_of(optimizer.state()));
    CHECK(step(resumed, other) == 6);  // 5, and half of the way back to 7
    CHECK(step(x, optimizer) == 6);
    optimizer.set_lr_scale(0);
    CHECK(step(x, optimizer) == 6);
    for (const auto& [every, towards] : {std::pair{0, 0.5}, {2, 0.0}, {2, 1.5}})
        CHECK(holds(message_of<UsageError>([&] {
                        Lookahead(std::make_unique<Sgd>(NamedTensors{}, SgdOptions{}), every, towards);
                    }),
                    "in Lookahead"));
}

TEST_CASE(
    "Ema moves a second network after the first, counters as they are, and goes on from a saved state") {
    engine::nn::BatchNorm2d model(2), average(2);
    const auto make = [&](engine::nn::BatchNorm2d& trained, engine::nn::BatchNorm2d& averaged, double decay) {
        return Ema(std::make_unique<Sgd>(trained.named_parameters(), SgdOptions{.lr = 1, .momentum = 0}),
                   averaged, trained, decay);
    };
    model.bias.values()[0] = 3;
    Ema optimizer = make(model, average, 0.75);
    CHECK(average.bias.values()[0] == 3);
    const auto step = [](engine::nn::BatchNorm2d& trained, Ema& ema) {
        ema.zero_grad();
        engine::sum(trained.bias).backward();
        *trained.num_batches_tracked.data<std::int64_t>() += 1;
        trained.running_mean.values()[1] += 4;
        ema.step();
        ema.after_step();
    };
    step(model, optimizer);
    CHECK(model.bias.values()[0] == 2);
    CHECK(average.bias.values()[0] == 2.75);
    CHECK(average.running_mean.values()[1] == 1);
    CHECK(average.num_batches_tracked.item() == 1);

    engine::nn::BatchNorm2d resumed(2), resumed_average(2);
    resumed.load_state_dict(model.state_dict());
    Ema other = make(resumed, resumed_average, 0.75);
    other.load_state(test::copy_of(optimizer.state()));
    step(model, optimizer);
    step(resumed, other);
    CHECK(test::values_of(resumed_average.state_dict()) == test::values_of(average.state_dict()));
    for (const double decay : {0.0, 1.0, double{NAN}})
        CHECK(holds(message_of<UsageError>([&] { make(model, average, decay); }), "in Ema"));
}

TEST_CASE("factors change rate and decay of the parameters whose names end so") {
    const NamedTensors parameters{
        {"conv.weight", leaf({1}, {1})}, {"norm.weight", leaf({1}, {1})}, {"norm.bias", leaf({1}, {1})}};
    Sgd sgd(parameters, {.lr = 0.1, .momentum = 0, .weight_decay = 0.5});
    sgd.set_factor("norm.weight", &ParameterFactors::lr, 0);
    sgd.set_factor("bias", &ParameterFactors::lr, 2);
    sgd.set_factor("bias", &ParameterFactors::weight_decay, 0);
    for (const auto& [name, parameter] : parameters) engine::sum(parameter).backward();
    sgd.step();
    CHECK(parameters[0].second.item() == doctest::Approx(1 - 0.1 * 1.5));
    CHECK(parameters[1].second.item() == 1.0);
    CHECK(parameters[2].second.item() == doctest::Approx(1 - 0.2));
    CHECK(holds(message_of<UsageError>([&] { sgd.set_factor("scale", &ParameterFactors::lr, 1); }), "'scale'",
                "in Optimizer::set_factor"));
    for (const double factor :
         {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
        CHECK(holds(message_of<UsageError>([&] { sgd.set_factor("bias", &ParameterFactors::lr, factor); }),
                    "0 or more"));
}

TEST_CASE("options out of range are refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const AdamOptions& options :
         {AdamOptions{.lr = -1}, AdamOptions{.lr = nan}, AdamOptions{.beta1 = 1}, AdamOptions{.beta1 = -0.1},
          AdamOptions{.beta2 = 1}, AdamOptions{.beta2 = nan}, AdamOptions{.eps = -1e-8},
          AdamOptions{.weight_decay = -1}, AdamOptions{.weight_decay = nan}})
        CHECK(holds(message_of<UsageError>([&] { Adam({}, options); }), "out of range", "in Adam", "[0, 1)"));
    for (const SgdOptions& options : {SgdOptions{.lr = -1}, SgdOptions{.momentum = 1},
                                      SgdOptions{.momentum = nan}, SgdOptions{.weight_decay = -1}})
        CHECK(holds(message_of<UsageError>([&] { Sgd({}, options); }), "out of range", "in Sgd"));
    CHECK_NOTHROW(Adam({}, {.lr = 0, .beta1 = 0, .beta2 = 0, .eps = 0}));
}
