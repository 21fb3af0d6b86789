#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/common/broadcast.h"
#include "kernels/common/parallel.h"

/// How the kernels of add and mul walk a broadcast on the CPU. Operands are dense, as all tensors are.
namespace kernels {

/// Elements that one work item of an elementwise kernel computes: enough to hide the cost of handing it out.
inline constexpr std::int64_t elementwise_grain = 16384;

/// The same walk with as few extents as possible: extents of 1 are dropped, and neighbours that both operands
/// step through as if they were one are merged. Two operands of the same shape become one long row; the last
/// stride of each operand is then 0 or 1.
constexpr Broadcast collapse(const Broadcast& shape) {
    Broadcast merged{{1, 1, 1, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}};
    std::size_t first = 4;  // what is merged so far stands in [first, 4)
    for (std::size_t d = 4; d-- > 0;) {
        if (shape.extent[d] == 1) continue;
        if (first < 4 && shape.x_stride[d] == merged.x_stride[first] * merged.extent[first] &&
            shape.y_stride[d] == merged.y_stride[first] * merged.extent[first]) {
            merged.extent[first] *= shape.extent[d];
            continue;
        }
        --first;
        merged.extent[first] = shape.extent[d];
        merged.x_stride[first] = shape.x_stride[d];
        merged.y_stride[first] = shape.y_stride[d];
    }
    return merged;
}

/// Whether an operand with these strides is read more than once.
constexpr bool is_broadcast(const std::array<std::int64_t, 4>& extent,
                            const std::array<std::int64_t, 4>& stride) {
    for (std::size_t d = 0; d < 4; ++d) {
        if (extent[d] > 1 && stride[d] == 0) return true;
    }
    return false;
}

/// Position number `index` in row-major order.
constexpr std::array<std::int64_t, 4> position(std::int64_t index,
                                               const std::array<std::int64_t, 4>& extent) {
    std::array<std::int64_t, 4> result{};
    for (std::size_t d = 4; d-- > 0;) {
        result[d] = index % extent[d];
        index /= extent[d];
    }
    return result;
}

constexpr std::int64_t offset(const std::array<std::int64_t, 4>& at,
                              const std::array<std::int64_t, 4>& stride) {
    return at[0] * stride[0] + at[1] * stride[1] + at[2] * stride[2] + at[3] * stride[3];
}

/// Calls body(out, x, y) with the offsets of each element of the output and of what it reads, in row-major
/// order.
template <typename Body>
void for_each_element(const Broadcast& shape, const Body& body) {
    for (std::int64_t out = 0; out < shape.size(); ++out) {
        const auto at = position(out, shape.extent);
        body(out, offset(at, shape.x_stride), offset(at, shape.y_stride));
    }
}

/// Calls body(out, x, y, count) on several threads, for pieces that make up the output: `count` elements from
/// offset `out` on, made from the operands from offsets x and y on, in steps of x_stride[3] and y_stride[3].
template <typename Body>
void parallel_rows(const Broadcast& shape, const Body& body) {
    if (shape.size() == 0) return;
    const std::int64_t length = shape.extent[3];
    const std::int64_t rows = shape.size() / length;
    if (rows == 1) {
        parallel_chunks(length, elementwise_grain, [&](std::int64_t begin, std::int64_t end) {
            body(begin, begin * shape.x_stride[3], begin * shape.y_stride[3], end - begin);
        });
        return;
    }
    parallel_chunks(rows, std::max<std::int64_t>(1, elementwise_grain / length),
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t row = begin; row < end; ++row) {
                            const auto at = position(row * length, shape.extent);
                            body(row * length, offset(at, shape.x_stride), offset(at, shape.y_stride),
                                 length);
                        }
                    });
}

/// The adjoint of a broadcast: target[t] += the sum of term(out, other) over the output elements that read
/// target element t, in row-major order, where out and other are the offsets into the output and into the
/// other operand.
template <typename Term>
void parallel_reduce(float* target, const std::array<std::int64_t, 4>& extent,
                     const std::array<std::int64_t, 4>& target_stride,
                     const std::array<std::int64_t, 4>& other_stride, const Term& term) {
    std::array<std::int64_t, 4> kept = extent, summed = extent;
    for (std::size_t d = 0; d < 4; ++d) (target_stride[d] == 0 ? kept : summed)[d] = 1;
    const std::array<std::int64_t, 4> out_stride = {extent[1] * extent[2] * extent[3], extent[2] * extent[3],
                                                    extent[3], 1};
    const std::int64_t targets = kept[0] * kept[1] * kept[2] * kept[3];
    const std::int64_t terms = summed[0] * summed[1] * summed[2] * summed[3];
    if (targets * terms == 0) return;

    const auto reduce_one = [&](std::int64_t index) {
        const auto start = position(index, kept);
        double sum = 0;
        std::array<std::int64_t, 4> at{};
        for (at[0] = start[0]; at[0] < start[0] + summed[0]; ++at[0]) {
            for (at[1] = start[1]; at[1] < start[1] + summed[1]; ++at[1]) {
                for (at[2] = start[2]; at[2] < start[2] + summed[2]; ++at[2]) {
                    for (at[3] = start[3]; at[3] < start[3] + summed[3]; ++at[3]) {
                        sum += term(offset(at, out_stride), offset(at, other_stride));
                    }
                }
            }
        }
        target[offset(start, target_stride)] += static_cast<float>(sum);
    };
    parallel_chunks(targets, std::max<std::int64_t>(1, elementwise_grain / terms),
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t index = begin; index < end; ++index) reduce_one(index);
                    });
}

}  // namespace kernels
