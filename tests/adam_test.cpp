#include "kernels/adam/adam.h"

#include <cmath>

#include "tests/support/compare.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

/// Parameter, first and second moment after some steps, each with a gradient of its own.
template <typename T>
std::vector<std::vector<T>> after_steps(void (*step)(const Adam<T>&), std::int64_t size, std::int64_t steps,
                                        double weight_decay) {
    std::vector<std::vector<T>> state = {test::random_values<T>(size, 1),
                                         std::vector<T>(static_cast<std::size_t>(size)),
                                         std::vector<T>(static_cast<std::size_t>(size))};
    for (std::int64_t t = 1; t <= steps; ++t) {
        const auto gradient = test::random_values<T>(size, static_cast<std::uint64_t>(100 + t));
        step({state[0].data(), state[1].data(), state[2].data(), gradient.data(), 0.001, 0.9, 0.999, 1e-8,
              weight_decay, t, size});
    }
    return state;
}

}  // namespace

TEST_CASE("adam: fast equals reference bit for bit") {
    for (const std::int64_t size : {1, 3, 5, 17, 33, 100, 40003}) {
        CAPTURE(size);
        const auto reference = after_steps<float>(&reference::adam<float>, size, 3, 1e-4);
        const auto fast =
            test::same_for_any_threads([&] { return after_steps<float>(&cpu::adam, size, 3, 1e-4); });
        test::check_same_bits("parameter", fast[0], reference[0]);
        test::check_same_bits("m", fast[1], reference[1]);
        test::check_same_bits("v", fast[2], reference[2]);
    }
}

TEST_CASE("adam: float stays with double over a hundred steps") {
    const auto exact = after_steps<double>(&reference::adam<double>, 50, 100, 1e-4);
    const auto fast = after_steps<float>(&cpu::adam, 50, 100, 1e-4);
    test::check_close("parameter", fast[0], exact[0], {1e-5, 1e-5});
    test::check_close("m", fast[1], exact[1], {1e-6, 1e-5});
    test::check_close("v", fast[2], exact[2], {1e-6, 1e-5});
}

TEST_CASE("adam: the first steps, worked out by hand") {
    // Step 1 with gradient 2: m = 0.2, v = 0.004; corrected, m = 2 and sqrt(v) = 2: the step is lr.
    double parameter = 1, m = 0, v = 0, gradient = 2;
    reference::adam(Adam<double>{&parameter, &m, &v, &gradient, 0.1, 0.9, 0.999, 1e-8, 0, 1, 1});
    CHECK(m == doctest::Approx(0.2).epsilon(1e-12));
    CHECK(v == doctest::Approx(0.004).epsilon(1e-12));
    CHECK(parameter == doctest::Approx(1 - 0.1 * 2 / (2 + 1e-8)).epsilon(1e-12));

    // Step 2 with gradient -1: m = 0.18 - 0.1, v = 0.003996 + 0.001.
    gradient = -1;
    const double before = parameter;
    reference::adam(Adam<double>{&parameter, &m, &v, &gradient, 0.1, 0.9, 0.999, 1e-8, 0, 2, 1});
    CHECK(m == doctest::Approx(0.08).epsilon(1e-12));
    CHECK(v == doctest::Approx(0.004996).epsilon(1e-12));
    const double corrected_m = 0.08 / (1 - 0.81), corrected_v = 0.004996 / (1 - 0.999 * 0.999);
    CHECK(parameter ==
          doctest::Approx(before - 0.1 * corrected_m / (std::sqrt(corrected_v) + 1e-8)).epsilon(1e-12));
}

TEST_CASE("adam: weight decay is part of the gradient") {
    double parameter = 3, m = 0, v = 0, gradient = 1;
    reference::adam(Adam<double>{&parameter, &m, &v, &gradient, 0.1, 0.9, 0.999, 1e-8, 0.5, 1, 1});
    CHECK(m == doctest::Approx(0.1 * 2.5).epsilon(1e-12));
    CHECK(v == doctest::Approx(0.001 * 2.5 * 2.5).epsilon(1e-12));
}

TEST_CASE("adam: a parameter without gradient stays") {
    float parameter = 3, m = 0, v = 0, gradient = 0;
    cpu::adam({&parameter, &m, &v, &gradient, 0.1, 0.9, 0.999, 1e-8, 0, 1, 1});
    CHECK(parameter == 3);
}
