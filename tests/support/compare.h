#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/common/parallel.h"

/// How tests of kernels prepare and judge arrays.
namespace test {

/// An output before it is written: NaN, so that an element a kernel forgets fails every comparison.
template <typename T>
std::vector<T> poisoned(std::int64_t size) {
    return std::vector<T>(static_cast<std::size_t>(size), std::numeric_limits<T>::quiet_NaN());
}

/// A gradient target before it is added to: known values, none of them 0, so that a kernel which overwrites
/// fails.
template <typename T>
std::vector<T> prefilled(std::int64_t size) {
    std::vector<T> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(0.5 + 0.25 * static_cast<double>(i % 7));
    return values;
}

/// Two values agree if |actual - expected| <= absolute + relative * |expected|.
struct Tolerance {
    double absolute, relative;
};

/// Checks every element, and reports the first that does not agree. NaN agrees with nothing.
template <typename T, typename U>
void check_close(const std::string& what, const std::vector<T>& actual, const std::vector<U>& expected,
                 Tolerance tolerance) {
    REQUIRE_MESSAGE(actual.size() == expected.size(), what << ": sizes differ");
    std::size_t i = 0;
    for (; i < actual.size(); ++i) {
        const auto x = static_cast<double>(actual[i]), y = static_cast<double>(expected[i]);
        if (!(std::abs(x - y) <= tolerance.absolute + tolerance.relative * std::abs(y))) break;
    }
    if (i == actual.size()) return;
    FAIL_CHECK(what << ": first mismatch at index " << i << " of " << actual.size() << ": got " << +actual[i]
                    << ", expected " << +expected[i]);
}

/// Checks that both arrays are the same bit for bit (0 and -0 differ, a NaN equals itself).
template <typename T>
void check_same_bits(const std::string& what, const std::vector<T>& actual, const std::vector<T>& expected) {
    REQUIRE_MESSAGE(actual.size() == expected.size(), what << ": sizes differ");
    std::size_t i = 0;
    while (i < actual.size() && std::memcmp(&actual[i], &expected[i], sizeof(T)) == 0) ++i;
    if (i == actual.size()) return;
    FAIL_CHECK(what << ": first difference at index " << i << " of " << actual.size() << ": got "
                    << +actual[i] << ", expected " << +expected[i]);
}

/// Runs compute(), which returns arrays of floats, on one, two and three threads, checks that the results are
/// the same bit for bit, and returns them.
template <typename Compute>
std::vector<std::vector<float>> same_for_any_threads(const Compute& compute) {
    const int before = kernels::threads();
    kernels::set_threads(1);
    const std::vector<std::vector<float>> results = compute();
    for (const int count : {2, 3}) {
        kernels::set_threads(count);
        const std::vector<std::vector<float>> again = compute();
        REQUIRE(again.size() == results.size());
        for (std::size_t k = 0; k < results.size(); ++k) {
            check_same_bits("array " + std::to_string(k) + " on " + std::to_string(count) + " threads",
                            again[k], results[k]);
        }
    }
    kernels::set_threads(before);
    return results;
}

}  // namespace test
