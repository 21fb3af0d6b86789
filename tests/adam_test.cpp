#include "kernels/adam/adam.h"

#include <cmath>
#include <iterator>
#include <numeric>

#include "tests/support/compare.h"
#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

using Sizes = std::vector<std::int64_t>;

/// Parameters, first and second moments of arrays of these sizes, one after the other.
template <typename T>
std::vector<std::vector<T>> fresh_state(std::int64_t size) {
    return {test::random_values<T>(size, 1), std::vector<T>(static_cast<std::size_t>(size)),
            std::vector<T>(static_cast<std::size_t>(size))};
}

std::int64_t sum(const Sizes& sizes) { return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}); }

template <typename T>
std::vector<T> gradient_of_step(std::int64_t size, std::int64_t step) {
    return test::random_values<T>(size, static_cast<std::uint64_t>(100 + step));
}

/// The table of arrays that lie one after the other in each of these.
template <typename T>
std::vector<AdamArray<T>> table_of(const Sizes& sizes, T* parameter, T* m, T* v, const T* gradient) {
    std::vector<AdamArray<T>> table;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        table.push_back({parameter + begin, m + begin, v + begin, gradient + begin, size, begin});
        if (table.size() % 2 == 0) {
            table.back().lr_factor = T{3};
            table.back().decay_factor = T{0.5};
        }
        begin += size;
    }
    return table;
}

/// Every other array has factors of its own, see table_of.
constexpr AdamSettings l2{0.001, 0.9, 0.999, 1e-8, 1e-4};
constexpr AdamSettings decoupled{0.001, 0.9, 0.999, 1e-8, 0.1, true};

/// The state after some steps, each with a gradient of its own.
template <typename T>
std::vector<std::vector<T>> after_steps(void (*adam)(const Adam<T>&), const Sizes& sizes, std::int64_t steps,
                                        const AdamSettings& settings) {
    auto state = fresh_state<T>(sum(sizes));
    std::int64_t step = 0;
    while (step < steps) {
        const auto gradient = gradient_of_step<T>(sum(sizes), step + 1);
        const auto table =
            table_of(sizes, state[0].data(), state[1].data(), state[2].data(), gradient.data());
        const std::int64_t before = step;
        adam({{table.data(), std::ssize(table), sum(sizes)}, &settings, &step});
        REQUIRE(step == before + 1);
    }
    return state;
}

/// The same on a GPU.
test::Results gpu_steps(auto& device, const Sizes& sizes, std::int64_t steps,
                        const AdamSettings& step_settings) {
    const auto initial = fresh_state<float>(sum(sizes));
    const auto parameter = device.array(initial[0]), m = device.array(initial[1]),
               v = device.array(initial[2]);
    const auto settings = device.array(std::vector<AdamSettings>{step_settings});
    const auto step = device.array(std::vector<std::int64_t>{0});
    for (std::int64_t t = 1; t <= steps; ++t) {
        const auto gradient = device.array(gradient_of_step<float>(sum(sizes), t));
        const auto table =
            device.array(table_of<float>(sizes, parameter.data(), m.data(), v.data(), gradient.data()));
        adam(device.id(), {{table.data(), std::ssize(sizes), sum(sizes)}, settings.data(), step.data()});
        CHECK(step.values()[0] == t);
    }
    return {parameter.values(), m.values(), v.values()};
}

/// One step of one number, with the reference.
struct OneNumber {
    double parameter, m = 0, v = 0;
    std::int64_t step = 0;

    void take_step(double gradient, const AdamSettings& settings) {
        const AdamArray<double> array{&parameter, &m, &v, &gradient, 1, 0};
        reference::adam(Adam<double>{{&array, 1, 1}, &settings, &step});
    }
};

}  // namespace

TEST_CASE("adam: fast equals reference bit for bit") {
    for (const AdamSettings& settings : {l2, decoupled})
        for (const Sizes& sizes :
             {Sizes{1}, Sizes{3}, Sizes{17}, Sizes{100}, Sizes{1, 1, 1}, Sizes{1023, 1, 1, 2000},
              Sizes{5, 40003, 33, 1024}, Sizes{0, 7, 0, 1025, 0}, Sizes{}}) {
            CAPTURE(sizes);
            CAPTURE(settings.decoupled);
            const auto reference = after_steps<float>(&reference::adam<float>, sizes, 3, settings);
            const auto fast = test::same_for_any_threads(
                [&] { return after_steps<float>(&cpu::adam, sizes, 3, settings); });
            auto results = test::on_gpus([&](auto& device) { return gpu_steps(device, sizes, 3, settings); });
            results.push_back(fast);
            for (const auto& result : results) {
                test::check_same_bits("parameter", result[0], reference[0]);
                test::check_same_bits("m", result[1], reference[1]);
                test::check_same_bits("v", result[2], reference[2]);
            }
        }
}

TEST_CASE("adam: float stays with double over a hundred steps") {
    const auto exact = after_steps<double>(&reference::adam<double>, {50}, 100, l2);
    const auto fast = after_steps<float>(&cpu::adam, {50}, 100, l2);
    test::check_close("parameter", fast[0], exact[0], {1e-5, 1e-5});
    test::check_close("m", fast[1], exact[1], {1e-6, 1e-5});
    test::check_close("v", fast[2], exact[2], {1e-6, 1e-5});
}

TEST_CASE("adam: the first steps, worked out by hand") {
    // Step 1 with gradient 2: m = 0.2, v = 0.004; corrected, m = 2 and sqrt(v) = 2: the step is lr.
    const AdamSettings settings{0.1, 0.9, 0.999, 1e-8, 0};
    OneNumber x{1};
    x.take_step(2, settings);
    CHECK(x.m == doctest::Approx(0.2).epsilon(1e-12));
    CHECK(x.v == doctest::Approx(0.004).epsilon(1e-12));
    CHECK(x.parameter == doctest::Approx(1 - 0.1 * 2 / (2 + 1e-8)).epsilon(1e-12));

    // Step 2 with gradient -1: m = 0.18 - 0.1, v = 0.003996 + 0.001.
    const double before = x.parameter;
    x.take_step(-1, settings);
    CHECK(x.m == doctest::Approx(0.08).epsilon(1e-12));
    CHECK(x.v == doctest::Approx(0.004996).epsilon(1e-12));
    const double corrected_m = 0.08 / (1 - 0.81), corrected_v = 0.004996 / (1 - 0.999 * 0.999);
    CHECK(x.parameter ==
          doctest::Approx(before - 0.1 * corrected_m / (std::sqrt(corrected_v) + 1e-8)).epsilon(1e-12));
}

TEST_CASE("adam: weight decay is part of the gradient") {
    OneNumber x{3};
    x.take_step(1, {0.1, 0.9, 0.999, 1e-8, 0.5});
    CHECK(x.m == doctest::Approx(0.1 * 2.5).epsilon(1e-12));
    CHECK(x.v == doctest::Approx(0.001 * 2.5 * 2.5).epsilon(1e-12));
}

TEST_CASE("adam: decoupled weight decay shrinks the parameter and leaves the moments alone") {
    OneNumber x{3};
    x.take_step(1, {0.1, 0.9, 0.999, 1e-8, 0.5, true});
    CHECK(x.m == doctest::Approx(0.1).epsilon(1e-12));
    CHECK(x.v == doctest::Approx(0.001).epsilon(1e-12));
    CHECK(x.parameter == doctest::Approx(3 * (1 - 0.1 * 0.5) - 0.1 * 1 / (1 + 1e-8)).epsilon(1e-12));
}

TEST_CASE("adam: a parameter whose gradient is zero stays") {
    float parameter = 3, m = 0, v = 0;
    const float gradient = 0;
    const AdamArray<float> array{&parameter, &m, &v, &gradient, 1, 0};
    const AdamSettings settings{0.1, 0.9, 0.999, 1e-8, 0};
    std::int64_t step = 0;
    cpu::adam({{&array, 1, 1}, &settings, &step});
    CHECK(parameter == 3);
}
