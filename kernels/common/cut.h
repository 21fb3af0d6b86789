#pragma once

#include <algorithm>
#include <cstdint>

namespace kernels {

/// [0, total) in `count` pieces of `size`, the last one perhaps shorter.
struct Cut {
    std::int64_t total, size, count;

    /// Pieces of nearly equal size, at most `limit` each, multiples of `unit`.
    Cut(std::int64_t whole, std::int64_t limit, std::int64_t unit = 1) : total(whole) {
        const std::int64_t pieces = std::max<std::int64_t>((total + limit - 1) / limit, 1);
        size = std::max<std::int64_t>(((total + pieces - 1) / pieces + unit - 1) / unit * unit, 1);
        count = (total + size - 1) / size;
    }

    std::int64_t begin(std::int64_t piece) const { return piece * size; }
    std::int64_t length(std::int64_t piece) const { return std::min(size, total - piece * size); }
};

}  // namespace kernels
