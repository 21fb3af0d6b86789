#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/attention_conv/winograd_stages.h"
#include "kernels/common/cut.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/gemm/gemm.h"

/// How attention_conv by Winograd's algorithm cuts its work and lays out its working memory, for the forward
/// and both forms of the backward.
namespace kernels::cpu::winograd {

/// How the work is cut. All of it depends on the shape alone, so that sums do not depend on the number of
/// threads.
struct Plan {
    Conv2dShape shape;
    WinogradTiling tiling;
    std::int64_t in_padded;     ///< in_channels in whole panels of the product
    Cut slices;                 ///< images, in runs whose tiles are enough rows for a product
    Cut in_blocks, out_blocks;  ///< channels

    static constexpr std::int64_t cached_bytes = 2 << 20;  ///< what the second cache level is taken to hold

    explicit Plan(const Conv2dShape& s)
        : shape(s),
          tiling(s),
          in_padded(gemm_padded_columns(s.in_channels)),
          slices(s.images, slice_images(), 1),
          in_blocks(s.in_channels, block_channels(), gemm_panel_width()),
          out_blocks(s.out_channels, block_channels(), gemm_panel_width()) {}

    /// Columns of a product: few enough that a block of it stays in the second cache level, and enough that
    /// the other factor need not be read too often.
    static std::int64_t block_channels() { return std::max<std::int64_t>(64, gemm_panel_width()); }

    /// Out channels that a product for d_x sums over at a time: more for the form with fewer positions.
    std::int64_t depth() const { return tiling.whole_image ? 4 * block_channels() : block_channels(); }

    /// Of the transformed filters of one branch.
    std::int64_t filter_bytes() const {
        return static_cast<std::int64_t>(sizeof(float)) * tiling.positions() * shape.in_channels *
               shape.out_channels;
    }

    std::int64_t slice_rows() const { return slices.size * tiling.tiles(); }

  private:
    /// So few tiles that a slice's matrices stay in the second cache level for a block of channels. Many
    /// filters do not stay there and are read once for each slice: then slices are twice as large.
    std::int64_t slice_images() const {
        return std::max<std::int64_t>((filter_bytes() > cached_bytes ? 64 : 32) / tiling.tiles(), 1);
    }
};

/// How matrices lie in memory, one for each position.
struct Layout {
    std::int64_t row, panel, position;  ///< distances, as in Positions

    /// Row after row.
    static Layout rows(std::int64_t rows, std::int64_t columns) {
        return {columns, gemm_panel_width(), spread(rows * columns)};
    }
    /// Panel after panel, for the right factor of a product, which is read so: at the distance of whole rows,
    /// a panel's lines would share a few cache sets.
    static Layout panels(std::int64_t rows, std::int64_t columns) {
        return {gemm_panel_width(), rows * gemm_panel_width(), spread(rows * gemm_padded_columns(columns))};
    }

    std::int64_t size(const WinogradTiling& tiling) const { return tiling.positions() * position; }
    template <typename T>
    Positions<T> at(T* data) const {
        return {data, row, panel, position};
    }

  private:
    /// An odd number of cache lines that holds `size` floats: matrices at other distances would compete for
    /// the same cache sets.
    static std::int64_t spread(std::int64_t size) {
        return ((size + cache_line - 1) / cache_line | 1) * cache_line;
    }
};

/// Working memory of the calling thread.
template <int use>
float* scratch(std::int64_t size) {
    static thread_local Scratch<float> memory;
    return memory.reserve(size);
}

/// Looks up every pixel that the tiles of an image touch. Valid until the thread's next call.
inline Tiles look_up(const Plan& plan) {
    static thread_local Scratch<std::int32_t> input_scratch, output_scratch;
    static thread_local Scratch<float> zero_scratch;
    const WinogradTiling& tiling = plan.tiling;
    std::int32_t* input = input_scratch.reserve(tiling.tiles() * tiling.in * tiling.in);
    std::int32_t* output = output_scratch.reserve(tiling.tiles() * tiling.out * tiling.out);
    const Tiles tiles{tiling, input, output, zero_scratch.reserve(plan.in_padded)};
    for (std::int64_t tile = 0; tile < tiling.tiles(); ++tile) {
        for (std::int64_t i = 0; i < tiling.in * tiling.in; ++i)
            *input++ = static_cast<std::int32_t>(tiling.input_pixel(tile, i / tiling.in, i % tiling.in));
        for (std::int64_t i = 0; i < tiling.out * tiling.out; ++i)
            *output++ = static_cast<std::int32_t>(tiling.output_pixel(tile, i / tiling.out, i % tiling.out));
    }
    return tiles;
}

/// The images of each slice and branch in which the branch takes part. Valid until the thread's next call.
class Participants {
  public:
    /// Branches, in order.
    struct Branches {
        std::array<int, branches> index;
        std::int64_t count;
    };

    template <typename Args>
    Participants(const Args& args, const Cut& slices) : slices_(slices) {
        static thread_local Scratch<std::int64_t> scratch;
        index_ = scratch.reserve(branches * (slices.total + slices.count));
        for (std::int64_t k = 0; k < branches; ++k) {
            for (std::int64_t slice = 0; slice < slices.count; ++slice) {
                const std::int64_t begin = slices.begin(slice), end = begin + slices.length(slice);
                std::int64_t* last = list(k, slice) + 1;
                for (std::int64_t n = begin; n < end; ++n)
                    if (takes_part(args, n, k)) *last++ = n;
                *list(k, slice) = last - list(k, slice) - 1;
            }
        }
    }
    Images operator()(std::int64_t branch, std::int64_t slice) const {
        return {list(branch, slice) + 1, *list(branch, slice)};
    }
    /// Whether the branch takes part in any image: of others not even the filters need be transformed.
    bool any(std::int64_t branch) const { return images(branch) > 0; }
    /// In how many images the branch takes part.
    std::int64_t images(std::int64_t branch) const {
        std::int64_t count = 0;
        for (std::int64_t slice = 0; slice < slices_.count; ++slice) count += *list(branch, slice);
        return count;
    }
    /// The branches that take part in any image.
    Branches taking_part() const {
        Branches found{};
        for (int k = 0; k < branches; ++k)
            if (any(k)) found.index[static_cast<std::size_t>(found.count++)] = k;
        return found;
    }

  private:
    /// Its length, then its images.
    std::int64_t* list(std::int64_t branch, std::int64_t slice) const {
        return index_ + branch * (slices_.total + slices_.count) + slices_.begin(slice) + slice;
    }
    Cut slices_;
    std::int64_t* index_;
};

inline bool equal(Images a, Images b) {
    return std::equal(a.index, a.index + a.count, b.index, b.index + b.count);
}

/// C += A B, or C = A B, at each position, for the first `rows` rows and `columns` columns. C and A lie row
/// after row.
inline void multiply(const Plan& plan, Positions<float> c, Positions<const float> a, bool a_transposed,
                     Positions<const float> b, std::int64_t rows, std::int64_t columns, std::int64_t depth,
                     bool accumulate) {
    for (std::int64_t p = 0; p < plan.tiling.positions(); ++p)
        gemm_block({c.data + p * c.position, c.row, a.data + p * a.position, a.row, a_transposed,
                    b.data + p * b.position, b.panel, b.row, rows, columns, depth, accumulate});
}

template <typename T>
Positions<const T> read(Positions<T> p) {
    return {p.data, p.row, p.panel, p.position};
}

/// The matrices without the rows before `row` and the columns before `column`, which begins a panel.
template <typename T>
Positions<T> from(Positions<T> p, std::int64_t row, std::int64_t column) {
    return {p.data + row * p.row + column / gemm_panel_width() * p.panel, p.row, p.panel, p.position};
}

/// Neighbouring blocks in groups that share what they are computed from: as few groups as, together with
/// `others`, make a share of equal size for each thread or are at least two for each. Blocks are computed
/// apart from each other, so this may depend on the number of threads.
inline Cut group(const Cut& blocks, std::int64_t others) {
    const std::int64_t workers = threads();
    std::int64_t groups = 1;
    while (groups < blocks.count && groups * others % workers != 0 && groups * others < 2 * workers) ++groups;
    return Cut(blocks.count, (blocks.count + groups - 1) / groups);
}

}  // namespace kernels::cpu::winograd
