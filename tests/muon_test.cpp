#include "engine/optim/muon.h"

#include <iterator>
#include <memory>
#include <numeric>

#include "engine/error.h"
#include "engine/ops/sum.h"
#include "engine/optim/combined.h"
#include "engine/optim/sgd.h"
#include "kernels/muon/muon.h"
#include "tests/support/compare.h"
#include "tests/support/gpu.h"
#include "tests/support/message_of.h"
#include "tests/support/random_values.h"
#include "tests/support/tensors.h"

using namespace kernels;

namespace {

using Sizes = std::vector<std::int64_t>;

constexpr MuonSettings settings{0.1, 0.9, 0.01};

/// The table of arrays that lie one after the other; every other one has factors of its own.
std::vector<MuonArray<float>> table_of(const Sizes& sizes, float* parameter, float* velocity,
                                       float* direction, const float* gradient) {
    std::vector<MuonArray<float>> table;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        table.push_back(
            {parameter + begin, velocity + begin, direction + begin, gradient + begin, size, begin});
        if (table.size() % 2 == 0) {
            table.back().lr_factor = 3;
            table.back().decay_factor = 0.5F;
            table.back().length = 1.5F;
        }
        begin += size;
    }
    return table;
}

/// Parameters, velocities and directions after one step, the directions as they are.
test::Results after_step(void (*direction)(const MuonDirection<float>&), void (*step)(const MuonStep<float>&),
                         const Sizes& sizes, std::int64_t size) {
    test::Results state{test::random_values<float>(size, 1), test::random_values<float>(size, 2),
                        test::poisoned<float>(size)};
    const auto gradient = test::random_values<float>(size, 3);
    const auto table = table_of(sizes, state[0].data(), state[1].data(), state[2].data(), gradient.data());
    direction({{table.data(), std::ssize(table), size}, &settings});
    step({{table.data(), std::ssize(table), size}, &settings});
    return state;
}

test::Results gpu_step(auto& device, const Sizes& sizes, std::int64_t size) {
    const auto parameter = device.array(test::random_values<float>(size, 1));
    const auto velocity = device.array(test::random_values<float>(size, 2));
    const auto direction = device.array(test::poisoned<float>(size));
    const auto gradient = device.array(test::random_values<float>(size, 3));
    const auto settings_there = device.array(std::vector<MuonSettings>{settings});
    const auto table =
        device.array(table_of(sizes, parameter.data(), velocity.data(), direction.data(), gradient.data()));
    muon_direction(device.id(), {{table.data(), std::ssize(sizes), size}, settings_there.data()});
    muon_step(device.id(), {{table.data(), std::ssize(sizes), size}, settings_there.data()});
    return {parameter.values(), velocity.values(), direction.values()};
}

}  // namespace

TEST_CASE("muon: fast equals reference bit for bit") {
    for (const Sizes& sizes : {Sizes{1}, Sizes{17}, Sizes{1, 1, 1}, Sizes{1023, 1, 1, 2000},
                               Sizes{5, 40003, 33, 1024}, Sizes{0, 7, 0, 1025, 0}, Sizes{}}) {
        CAPTURE(sizes);
        const std::int64_t size = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
        const auto reference =
            after_step(&reference::muon_direction<float>, &reference::muon_step<float>, sizes, size);
        auto results = test::on_gpus([&](auto& device) { return gpu_step(device, sizes, size); });
        results.push_back(test::same_for_any_threads(
            [&] { return after_step(&cpu::muon_direction, &cpu::muon_step, sizes, size); }));
        for (const auto& result : results) {
            test::check_same_bits("parameter", result[0], reference[0]);
            test::check_same_bits("velocity", result[1], reference[1]);
            test::check_same_bits("direction", result[2], reference[2]);
        }
    }
}

TEST_CASE("muon: two steps, worked out by hand") {
    double parameter = 1, velocity = 0, direction = 0, gradient = 2;
    const MuonArray<double> array{&parameter, &velocity, &direction, &gradient, 1, 0};
    const MuonSettings half{0.1, 0.5, 0.25};
    const MultiArray<MuonArray<double>> all{&array, 1, 1};
    reference::muon_direction(MuonDirection<double>{all, &half});
    CHECK(velocity == doctest::Approx(1).epsilon(1e-12));
    CHECK(direction == doctest::Approx(1.5).epsilon(1e-12));  // half of the way from the gradient to it
    direction = 4;
    reference::muon_step(MuonStep<double>{all, &half});
    CHECK(parameter == doctest::Approx(1 - 0.1 * 0.25 - 0.1 * 4).epsilon(1e-12));
    gradient = -1;
    reference::muon_direction(MuonDirection<double>{all, &half});
    CHECK(velocity == doctest::Approx(0).epsilon(1e-12));
    CHECK(direction == doctest::Approx(-0.5).epsilon(1e-12));
}

TEST_CASE("Muon beside gradient descent: each steps for its own, and goes on from a saved state") {
    using namespace engine::optim;
    using engine::nn::NamedTensors;
    const auto make = [](const NamedTensors& all) {
        std::vector<std::unique_ptr<Optimizer>> both;
        both.push_back(std::make_unique<Muon>(NamedTensors{all[0]}, MuonOptions{0.1, 0.5, 0}));
        both.push_back(std::make_unique<engine::optim::Sgd>(NamedTensors{all[1]}, SgdOptions{0.1, 0.5, 0}));
        return Combined(std::move(both));
    };
    const auto step = [](const NamedTensors& all, Optimizer& optimizer) {
        optimizer.zero_grad();
        for (const auto& [name, parameter] : all) engine::sum(parameter).backward();
        optimizer.step();
        optimizer.after_step();
    };
    const NamedTensors all{{"conv.weight", test::leaf(test::Floats(12, 1), {4, 3})},
                           {"conv.bias", test::leaf({1, 1}, {2})}};
    Combined optimizer = make(all);
    CHECK(test::names_of(optimizer.parameters()) == test::names_of(all));
    CHECK(test::names_of(optimizer.state()) ==
          std::vector<std::string>{"velocity.conv.weight", "velocity.conv.bias"});
    optimizer.set_factor("bias", &ParameterFactors::lr, 2);
    step(all, optimizer);
    CHECK(all[1].second.values()[0] == doctest::Approx(1 - 0.2 * 1.5));
    // A matrix of ones has the one singular value sqrt(12), and the step is sqrt(4/3) as long.
    CHECK(all[0].second.values()[0] ==
          doctest::Approx(1 - 0.1 * std::sqrt(4.0 / 3) / std::sqrt(12)).epsilon(0.05));

    const NamedTensors resumed = test::copy_of(all);
    for (const auto& [name, parameter] : resumed) engine::Tensor(parameter).set_requires_grad();
    Combined other = make(resumed);
    other.set_factor("bias", &ParameterFactors::lr, 2);
    other.load_state(test::copy_of(optimizer.state()));
    step(all, optimizer);
    step(resumed, other);
    CHECK(test::values_of(resumed) == test::values_of(all));
    optimizer.set_lr_scale(0);
    step(all, optimizer);
    CHECK(test::values_of(resumed) == test::values_of(all));
    CHECK(test::holds(test::message_of<engine::UsageError>(
                          [&] { optimizer.set_factor("scale", &ParameterFactors::lr, 1); }),
                      "'scale'"));
}

TEST_CASE("Muon refuses vectors, and options out of range") {
    using namespace engine::optim;
    const engine::Tensor matrix = test::leaf(test::Floats(6), {2, 3}), vector = test::leaf({1}, {1});
    CHECK(test::holds(test::message_of<engine::UsageError>([&] {
                          Muon({{"x", vector}}, {});
                      }),
                      "'x'", "in Muon"));
    for (const MuonOptions& options : {MuonOptions{-1, 0.9, 0}, {0.1, 1, 0}, {0.1, 0.9, -1}, {NAN, 0.9, 0}})
        CHECK(test::holds(test::message_of<engine::UsageError>([&] {
                              Muon({{"x", matrix}}, options);
                          }),
                          "in Muon"));
}
