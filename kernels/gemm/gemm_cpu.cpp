#include <algorithm>
#include <utility>

#include "kernels/common/parallel.h"
#include "kernels/common/simd_targets.h"
#include "kernels/gemm/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/gemm_cpu.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kernels::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Vector = hn::Vec<hn::ScalableTag<float>>;

/// Rows of the register tile. The tile, two vectors of B and one element of A must fit the registers: 14*2 +
/// 3 of AVX-512's 32, 6*2 + 3 of the 16 that AVX2 and SSE have. Enough products are then independent to hide
/// the latency of an addition.
constexpr int tile_rows = HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON ? 14 : 6;

/// Rows of B that are asked for ahead: long enough for memory, and past the end of a panel that is already
/// the next one.
constexpr std::int64_t prefetch_rows = 20;

/// C tile (R rows, one panel wide): R*2 vectors stay in registers while depth runs.
template <int R, bool transposed>
HWY_INLINE void multiply_tile(const GemmBlock<float>& block, float* HWY_RESTRICT c,
                              const float* HWY_RESTRICT a, const float* HWY_RESTRICT b) {
    const hn::ScalableTag<float> d;
    // Three rows to a pointer: x86 adds one or two strides to it within the address of a load.
    constexpr int pointers = (R + 2) / 3;
    const std::int64_t row_stride = transposed ? 1 : block.a_stride;
    const std::int64_t depth_stride = transposed ? block.a_stride : 1;
    const float* HWY_RESTRICT rows[pointers];
    for (int i = 0; i < pointers; ++i) rows[i] = a + 3 * i * row_stride;
    const std::int64_t lanes = hn::Lanes(d);
    Vector left[R], right[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
        left[r] = block.accumulate ? hn::LoadU(d, c + r * block.c_stride) : hn::Zero(d);
        right[r] = block.accumulate ? hn::LoadU(d, c + r * block.c_stride + lanes) : hn::Zero(d);
    }
    // What the tile below will read is asked for meanwhile: its rows of A are short, so that the processor
    // does not see them come.
    const float* next_a = a + R * row_stride;
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) hwy::Prefetch(c + (R + r) * block.c_stride);
    for (std::int64_t k = 0; k < block.depth; ++k) {
        for (std::int64_t column = 0; column < 2 * lanes; column += cache_line)
            hwy::Prefetch(b + prefetch_rows * block.b_row_stride + column);
        if constexpr (!transposed) hwy::Prefetch(next_a + k * cache_line);
        const Vector b_left = hn::LoadU(d, b);
        const Vector b_right = hn::LoadU(d, b + lanes);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
            const Vector a_r = hn::Set(d, rows[r / 3][r % 3 * row_stride]);
            left[r] = hn::MulAdd(a_r, b_left, left[r]);
            right[r] = hn::MulAdd(a_r, b_right, right[r]);
        }
        for (int i = 0; i < pointers; ++i) rows[i] += depth_stride;
        b += block.b_row_stride;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
        hn::StoreU(left[r], d, c + r * block.c_stride);
        hn::StoreU(right[r], d, c + r * block.c_stride + lanes);
    }
}

/// Calls multiply_tile with the number of rows as a compile-time constant.
template <bool transposed, int R = tile_rows>
HWY_INLINE void multiply_rows(std::int64_t rows, const GemmBlock<float>& block, float* c, const float* a,
                              const float* b) {
    if constexpr (R > 0) {
        if (rows >= R) return multiply_tile<R, transposed>(block, c, a, b);
        multiply_rows<transposed, R - 1>(rows, block, c, a, b);
    }
}

template <bool transposed>
void multiply_block(const GemmBlock<float>& block) {
    const std::int64_t width = 2 * hn::Lanes(hn::ScalableTag<float>());
    // Tiles of nearly equal height: a low one at the end would wait for its few sums.
    const std::int64_t tiles = (block.rows + tile_rows - 1) / tile_rows;
    const std::int64_t rows_here = (block.rows + tiles - 1) / std::max<std::int64_t>(tiles, 1);
    // A panel of B (at most 256 x 32 floats) is read by every row tile in turn and so stays in the first
    // cache level.
    for (std::int64_t column = 0; column < block.columns; column += width) {
        const float* panel = block.b + column / width * block.b_panel_stride;
        for (std::int64_t row = 0; row < block.rows; row += rows_here)
            multiply_rows<transposed>(std::min(rows_here, block.rows - row), block,
                                      block.c + row * block.c_stride + column,
                                      block.a + row * (transposed ? 1 : block.a_stride), panel);
    }
}

void gemm_block(const GemmBlock<float>& block) {
    block.a_transposed ? multiply_block<true>(block) : multiply_block<false>(block);
}

std::int64_t gemm_panel_width() { return 2 * hn::Lanes(hn::ScalableTag<float>()); }

}  // namespace kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels::cpu {
namespace {
HWY_EXPORT(gemm_block);
HWY_EXPORT(gemm_panel_width);
}  // namespace

void gemm_block(const GemmBlock<float>& args) { HWY_DYNAMIC_DISPATCH(gemm_block)(args); }

std::int64_t gemm_panel_width() { return HWY_DYNAMIC_DISPATCH(gemm_panel_width)(); }

std::int64_t gemm_padded_columns(std::int64_t columns) {
    const std::int64_t width = gemm_panel_width();
    return (columns + width - 1) / width * width;
}

void gemm_pack_panels(float* out, const float* in, std::int64_t rows, std::int64_t columns,
                      std::int64_t in_stride) {
    const std::int64_t width = gemm_panel_width();
    parallel_for((columns + width - 1) / width, [&](std::int64_t panel) {
        const std::int64_t filled = std::min(width, columns - panel * width);
        for (std::int64_t row = 0; row < rows; ++row) {
            float* target = out + (panel * rows + row) * width;
            std::copy_n(in + row * in_stride + panel * width, filled, target);
            std::fill(target + filled, target + width, 0.0F);
        }
    });
}

void gemm_pack_panels_transposed(float* out, const float* in, std::int64_t rows, std::int64_t columns,
                                 std::int64_t first) {
    const std::int64_t width = gemm_panel_width();
    parallel_chunks(columns, width, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t column = begin; column < end; ++column) {
                const std::int64_t place = first + column;
                out[(place / width * rows + row) * width + place % width] = in[column * rows + row];
            }
    });
}

}  // namespace kernels::cpu
#endif
