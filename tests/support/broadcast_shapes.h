#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/common/broadcast.h"

namespace test {

using Extent = std::array<std::int64_t, 4>;

inline std::int64_t size(const Extent& extent) { return extent[0] * extent[1] * extent[2] * extent[3]; }

/// The broadcast of two dense operands, by NumPy's rule.
inline kernels::Broadcast broadcast(const Extent& x, const Extent& y) {
    kernels::Broadcast shape{};
    std::int64_t x_step = 1, y_step = 1;
    for (std::size_t d = 4; d-- > 0;) {
        shape.extent[d] = std::max(x[d], y[d]);
        shape.x_stride[d] = x[d] == 1 ? 0 : x_step;
        shape.y_stride[d] = y[d] == 1 ? 0 : y_step;
        x_step *= x[d];
        y_step *= y[d];
    }
    return shape;
}

struct Operands {
    Extent x, y;
};

/// Same shapes, scalars on either side, one value for each image, channel or pixel, both sides broadcast at
/// once, and more than one work item.
inline const std::vector<Operands> broadcast_table = {
    {{1, 1, 1, 1}, {1, 1, 1, 1}},   {{1, 1, 1, 17}, {1, 1, 1, 17}},   {{2, 3, 5, 7}, {2, 3, 5, 7}},
    {{2, 3, 5, 7}, {1, 1, 1, 1}},   {{1, 1, 1, 1}, {1, 1, 3, 33}},    {{3, 4, 5, 30}, {3, 1, 1, 1}},
    {{3, 1, 1, 5}, {3, 4, 5, 5}},   {{2, 3, 3, 17}, {1, 1, 1, 17}},   {{2, 5, 3, 3}, {2, 5, 3, 1}},
    {{2, 1, 3, 1}, {1, 4, 1, 5}},   {{1, 1, 5, 1}, {1, 1, 5, 100}},   {{1, 1, 1, 40003}, {1, 1, 1, 40003}},
    {{5, 9, 9, 100}, {5, 1, 1, 1}}, {{5, 9, 9, 100}, {1, 1, 1, 100}},
};

}  // namespace test
