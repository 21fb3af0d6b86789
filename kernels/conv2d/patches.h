#pragma once

#include <cstdint>

#include "kernels/conv2d/conv2d.h"

/// The matrix whose row m holds the input values under the filter at output pixel m, ordered as the filters
/// are: (filter row, filter column, channel). Its product with the filters is the convolution. It is never
/// built as a whole: it would be kernel^2 times the input. Kernels pack a block of it, at most
/// gemm_block_columns wide, rows gemm_block_stride apart, and multiply that.
namespace kernels::cpu {

/// Fills block with rows [row, row + rows) and columns [tap, tap + taps) of the patch matrix of x; padding is
/// zero.
void pack_patches(float* block, const float* x, const Conv2dShape& shape, std::int64_t row, std::int64_t rows,
                  std::int64_t tap, std::int64_t taps);

/// The adjoint of pack_patches: adds each element of the block to the input value it would have been packed
/// from.
void scatter_patches(float* d_x, const float* block, const Conv2dShape& shape, std::int64_t row,
                     std::int64_t rows, std::int64_t tap, std::int64_t taps);

}  // namespace kernels::cpu
