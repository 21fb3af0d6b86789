#include "kernels/sgd/sgd.h"

#include <iterator>
#include <numeric>

#include "tests/support/compare.h"
#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

using Sizes = std::vector<std::int64_t>;

constexpr SgdSettings settings{0.1, 0.9, 0.01};
constexpr std::int64_t steps = 3;

std::int64_t sum(const Sizes& sizes) { return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}); }

/// Parameters and velocities of all arrays, one after the other.
template <typename T>
std::vector<std::vector<T>> fresh_state(std::int64_t size) {
    return {test::random_values<T>(size, 1), std::vector<T>(static_cast<std::size_t>(size))};
}

template <typename T>
std::vector<T> gradient_of_step(std::int64_t size, std::int64_t step) {
    return test::random_values<T>(size, static_cast<std::uint64_t>(100 + step));
}

/// The table of arrays that lie one after the other; every other one has factors of its own.
template <typename T>
std::vector<SgdArray<T>> table_of(const Sizes& sizes, T* parameter, T* velocity, const T* gradient) {
    std::vector<SgdArray<T>> table;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        table.push_back({parameter + begin, velocity + begin, gradient + begin, size, begin});
        if (table.size() % 2 == 0) {
            table.back().lr_factor = T{3};
            table.back().decay_factor = T{0};
        }
        begin += size;
    }
    return table;
}

template <typename T>
std::vector<std::vector<T>> after_steps(void (*sgd)(const Sgd<T>&), const Sizes& sizes) {
    auto state = fresh_state<T>(sum(sizes));
    for (std::int64_t step = 1; step <= steps; ++step) {
        const auto gradient = gradient_of_step<T>(sum(sizes), step);
        const auto table = table_of(sizes, state[0].data(), state[1].data(), gradient.data());
        sgd({{table.data(), std::ssize(table), sum(sizes)}, &settings});
    }
    return state;
}

test::Results gpu_steps(auto& device, const Sizes& sizes) {
    const auto initial = fresh_state<float>(sum(sizes));
    const auto parameter = device.array(initial[0]), velocity = device.array(initial[1]);
    const auto settings_there = device.array(std::vector<SgdSettings>{settings});
    for (std::int64_t step = 1; step <= steps; ++step) {
        const auto gradient = device.array(gradient_of_step<float>(sum(sizes), step));
        const auto table =
            device.array(table_of<float>(sizes, parameter.data(), velocity.data(), gradient.data()));
        sgd(device.id(), {{table.data(), std::ssize(sizes), sum(sizes)}, settings_there.data()});
        parameter.values();  // waits: table and gradient go
    }
    return {parameter.values(), velocity.values()};
}

}  // namespace

TEST_CASE("sgd: fast equals reference bit for bit") {
    for (const Sizes& sizes :
         {Sizes{1}, Sizes{3}, Sizes{17}, Sizes{100}, Sizes{1, 1, 1}, Sizes{1023, 1, 1, 2000},
          Sizes{5, 40003, 33, 1024}, Sizes{0, 7, 0, 1025, 0}, Sizes{}}) {
        CAPTURE(sizes);
        const auto reference = after_steps<float>(&reference::sgd<float>, sizes);
        const auto fast = test::same_for_any_threads([&] { return after_steps<float>(&cpu::sgd, sizes); });
        test::check_same_bits("parameter", fast[0], reference[0]);
        test::check_same_bits("velocity", fast[1], reference[1]);
        for (const auto& gpu : test::on_gpus([&](auto& device) { return gpu_steps(device, sizes); })) {
            test::check_same_bits("parameter, on a GPU", gpu[0], reference[0]);
            test::check_same_bits("velocity, on a GPU", gpu[1], reference[1]);
        }
    }
}

TEST_CASE("sgd: two steps, worked out by hand") {
    double parameter = 1, velocity = 0, gradient = 2;
    const SgdArray<double> array{&parameter, &velocity, &gradient, 1, 0};
    const SgdSettings half{0.1, 0.5, 0.25};
    reference::sgd(Sgd<double>{{&array, 1, 1}, &half});
    // g = 2 + 0.25: velocity = 2.25, the step is 0.1 * (2.25 + 0.5 * 2.25).
    CHECK(velocity == doctest::Approx(2.25).epsilon(1e-12));
    CHECK(parameter == doctest::Approx(1 - 0.3375).epsilon(1e-12));
    gradient = -1;
    reference::sgd(Sgd<double>{{&array, 1, 1}, &half});
    // g = -1 + 0.25 * 0.6625 = -0.834375: velocity = 1.125 + g = 0.290625.
    CHECK(velocity == doctest::Approx(0.290625).epsilon(1e-12));
    CHECK(parameter == doctest::Approx(0.6625 - 0.1 * (-0.834375 + 0.5 * 0.290625)).epsilon(1e-12));
}
