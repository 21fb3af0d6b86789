#pragma once

#include <cstdint>

namespace kernels {

/// Arrays that an op changes together, seen as one of `size` elements: a network has dozens, most of them
/// small. Array has members `size` and `begin`, the sum of the sizes of the arrays before it.
template <typename Array>
struct MultiArray {
    const Array* arrays;
    std::int64_t count;
    std::int64_t size;  ///< of all together
};

/// Calls part(array, first, last) for each array that has elements in [begin, end) of all elements; it has
/// [first, last) of its own there. The first of them is found by bisection. A constant expression only so
/// that kernels may call it, too.
template <typename Array, typename Part>
constexpr void for_each_part(const MultiArray<Array>& all, std::int64_t begin, std::int64_t end,
                             const Part& part) {
    std::int64_t low = 0, high = all.count;
    while (high - low > 1) {
        const std::int64_t middle = (low + high) / 2;
        (all.arrays[middle].begin <= begin ? low : high) = middle;
    }
    for (; low < all.count && all.arrays[low].begin < end; ++low) {
        const Array array = all.arrays[low];
        const std::int64_t first = begin > array.begin ? begin - array.begin : 0;
        const std::int64_t last = end - array.begin < array.size ? end - array.begin : array.size;
        if (first < last) part(array, first, last);
    }
}

}  // namespace kernels
