#pragma once

#include <cstdint>

#include "kernels/common/multi_array.h"
#include "kernels/common/parallel.h"

namespace kernels {

/// Calls part(array, first, last) for stretches that cover all elements of all arrays, in one parallel region
/// by chunks of `grain` elements.
template <typename Array, typename Part>
void parallel_parts(const MultiArray<Array>& all, std::int64_t grain, const Part& part) {
    parallel_chunks(all.size, grain,
                    [&](std::int64_t begin, std::int64_t end) { for_each_part(all, begin, end, part); });
}

}  // namespace kernels
