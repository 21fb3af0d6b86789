#pragma once

#include <cstdint>

/// The matrix product that convolutions and linear layers are made of, for one block on one thread; who calls
/// it cuts large products into blocks and spreads them over threads.
namespace kernels {

/// Floats in a line of the cache.
inline constexpr std::int64_t cache_line = 16;

/// Columns and row stride of the blocks that convolutions as products of patches cut A into; 17 cache lines
/// rather than 16 keep successive rows out of the same cache sets.
inline constexpr std::int64_t gemm_block_columns = 256;
inline constexpr std::int64_t gemm_block_stride = gemm_block_columns + cache_line;

/// C = A B, or C += A B.
template <typename T>
struct GemmBlock {
    T* c;  ///< (rows, columns) at c_stride; up to the next multiple of gemm_panel_width() columns are written
    std::int64_t c_stride;
    const T* a;  ///< (rows, depth), or (depth, rows) if transposed; rows are a_stride apart
    std::int64_t a_stride;
    bool a_transposed;
    const T* b;  ///< in panels of gemm_panel_width() columns, readable to the end of the last one
    std::int64_t b_panel_stride;  ///< from one panel to the next
    std::int64_t b_row_stride;    ///< from one row of a panel to the next
    std::int64_t rows, columns, depth;
    bool accumulate;
};

namespace reference {
/// The sum over depth, for each element of C; `panel_width` stands for the width of the panels B is in.
template <typename T>
void gemm_block(const GemmBlock<T>& args, std::int64_t panel_width);
}  // namespace reference

namespace cpu {

/// Columns of a panel of B on this machine: two SIMD vectors.
std::int64_t gemm_panel_width();

/// `columns` rounded up to whole panels.
std::int64_t gemm_padded_columns(std::int64_t columns);

/// Every element of C is summed over depth from first to last, whatever the blocking: only the instruction
/// set (fused multiply-add or not) can change a bit of the result.
void gemm_block(const GemmBlock<float>& args);

/// Copies the (rows, columns) matrix at `in` to panels for B, row stride `in_stride`, zeros beyond the last
/// column. Panel p starts at out + p * rows * gemm_panel_width().
void gemm_pack_panels(float* out, const float* in, std::int64_t rows, std::int64_t columns,
                      std::int64_t in_stride);

/// The same from the transpose of `in`, a (columns, rows) matrix; panel columns [first, first + columns) of
/// panels that are `rows` deep are written and nothing else, so that several matrices can stand side by side.
void gemm_pack_panels_transposed(float* out, const float* in, std::int64_t rows, std::int64_t columns,
                                 std::int64_t first);

}  // namespace cpu

}  // namespace kernels
