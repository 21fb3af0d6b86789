#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/compare.h"
#include "tests/support/random_values.h"

namespace test {

using Arrays = std::vector<std::vector<double>>;

/// Compares a backward with central differences of its forward, in double, at one fixed step.
///
/// The scalar that is differentiated is L = sum of d_out[i] * out[i], d_out fixed and random, so that its
/// gradient is what the backward adds for that d_out. `forward(inputs)` returns out. `backward(inputs, d_out,
/// gradients)` adds to gradients[k], which is shaped as inputs[k]; it holds known values before, which are
/// subtracted here.
template <typename Forward, typename Backward>
void gradcheck(Arrays inputs, const Forward& forward, const Backward& backward) {
    const auto outputs = static_cast<std::int64_t>(forward(inputs).size());
    const std::vector<double> d_out = random_values<double>(outputs, 999);
    const auto scalar = [&] {
        const std::vector<double> out = forward(inputs);
        double sum = 0;
        for (std::size_t i = 0; i < out.size(); ++i) sum += d_out[i] * out[i];
        return sum;
    };

    Arrays gradients;
    for (const auto& input : inputs)
        gradients.push_back(prefilled<double>(static_cast<std::int64_t>(input.size())));
    const Arrays before = gradients;
    backward(inputs, d_out, gradients);

    // Truncation error ~ step^2, rounding error ~ 1e-16 / step: both stay below 1e-9.
    constexpr double step = 1e-5;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        std::vector<double> added = gradients[k],
                            differences = poisoned<double>(static_cast<std::int64_t>(added.size()));
        for (std::size_t i = 0; i < added.size(); ++i) {
            added[i] -= before[k][i];
            const double x = inputs[k][i];
            inputs[k][i] = x + step;
            const double above = scalar();
            inputs[k][i] = x - step;
            const double below = scalar();
            inputs[k][i] = x;
            differences[i] = (above - below) / (2 * step);
        }
        check_close("gradient of input " + std::to_string(k), added, differences, {1e-7, 1e-6});
    }
}

}  // namespace test
