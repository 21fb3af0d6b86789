#pragma once

#include <array>
#include <cstdint>

namespace kernels {

/// How two operands spread over a common output, NumPy's rule, already resolved to four extents (leading ones
/// filled with 1): element (i,j,k,l) of the output reads operand element i*stride[0] + ... + l*stride[3],
/// where the stride of a broadcast extent is 0. Outputs are dense.
struct Broadcast {
    std::array<std::int64_t, 4> extent;
    std::array<std::int64_t, 4> x_stride, y_stride;

    constexpr std::int64_t size() const { return extent[0] * extent[1] * extent[2] * extent[3]; }
};

}  // namespace kernels
