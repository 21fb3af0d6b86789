#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/common/philox.h"

/// Fixture data: the same numbers on every machine and in every run. Each array of a test takes another
/// stream.
namespace test {

/// Uniform in [low, high).
template <typename T>
std::vector<T> random_values(std::int64_t size, std::uint64_t stream, double low = -1, double high = 1) {
    constexpr std::uint64_t seed = 20240229;
    std::vector<T> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double unit = kernels::uniform_from_bits(kernels::philox_word(seed, stream, i));
        values[i] = static_cast<T>(low + (high - low) * unit);
    }
    return values;
}

/// Multiples of 1/8 in [-1, 1]: sums of products of such numbers are exact in a float, whatever their order,
/// so that two kernels agree even on the sign of a sum that is nearly zero.
template <typename T>
std::vector<T> grid_values(std::int64_t size, std::uint64_t stream) {
    std::vector<T> values = random_values<T>(size, stream, -8.5, 8.5);
    for (T& value : values) value = std::round(value) / 8;
    return values;
}

/// Values of that grid, moved by an eighth of the last digit of TF32, up and down in turn: rounded to TF32 or
/// bf16 they are back where they were. A kernel that rounds any other way, or not, shows.
inline void move_off_grid(std::vector<float>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= i % 2 == 0 ? 1 + 0x1p-13F : 1 - 0x1p-13F;
}

}  // namespace test
