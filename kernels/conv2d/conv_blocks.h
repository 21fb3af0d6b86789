#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/cut.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/conv2d/patches.h"
#include "kernels/gemm/gemm.h"

/// What conv2d and attention_conv share: how a convolution is cut into blocks of matrix products. Every cut
/// depends on the shape alone, so results do not depend on the number of threads.
namespace kernels::cpu {

/// Rows of a block: a multiple of the microkernel's 14 (AVX-512) and 6 (AVX2) rows, and small enough that a
/// block of patches and its product stay in the second cache level.
inline constexpr std::int64_t block_rows = 84;

/// Rows of the product per work item: blocks of block_rows, or fewer so that there are some items to share
/// out.
inline Cut cut_rows(std::int64_t rows) {
    return Cut(rows, std::clamp<std::int64_t>((rows + 7) / 8, 1, block_rows));
}

/// Columns of a matrix that is stored as gemm blocks: each at most gemm_block_columns wide, a multiple of any
/// panel width.
inline Cut cut_columns(std::int64_t columns) { return Cut(columns, gemm_block_columns, 64); }

/// Floats that a matrix of `rows` rows takes as gemm blocks, and where block `block` of it starts.
inline std::int64_t blocked_size(std::int64_t rows, const Cut& columns) {
    return columns.count * rows * gemm_block_stride;
}
inline std::int64_t blocked_offset(std::int64_t rows, std::int64_t block) {
    return block * rows * gemm_block_stride;
}

/// Patches times packed weights (taps x columns, in panels), block by block:
/// calls epilogue(row, rows, products, stride) with rows [row, row + rows) of the product.
template <typename Epilogue>
void multiply_patches(const float* x, const Conv2dShape& shape, const float* weights, std::int64_t columns,
                      const Epilogue& epilogue) {
    const std::int64_t stride = gemm_padded_columns(columns), width = gemm_panel_width(), taps = shape.taps();
    const Cut row_cut = cut_rows(shape.rows()), tap_cut = cut_columns(taps);
    parallel_for(row_cut.count, [&](std::int64_t item) {
        static thread_local Scratch<float> patch_scratch, product_scratch;
        float* patches = patch_scratch.reserve(block_rows * gemm_block_stride);
        float* products = product_scratch.reserve(block_rows * stride);
        const std::int64_t row = row_cut.begin(item), rows = row_cut.length(item);
        for (std::int64_t t = 0; t < tap_cut.count; ++t) {
            pack_patches(patches, x, shape, row, rows, tap_cut.begin(t), tap_cut.length(t));
            gemm_block({products, stride, patches, gemm_block_stride, false,
                        weights + tap_cut.begin(t) * width, taps * width, width, rows, columns,
                        tap_cut.length(t), t > 0});
        }
        epilogue(row, rows, products, stride);
    });
}

/// Cuts the batch into work items of whole images, and those into blocks of rows, so that no two threads
/// scatter into the same image: calls body(row, rows) for the blocks of an item in order.
template <typename Body>
void for_each_image_block(const Conv2dShape& shape, const Body& body) {
    const std::int64_t pixels = shape.out_height() * shape.out_width();
    const std::int64_t images = std::clamp<std::int64_t>(block_rows / std::max<std::int64_t>(pixels, 1), 1,
                                                         std::max<std::int64_t>((shape.images + 7) / 8, 1));
    parallel_chunks(shape.images, images, [&](std::int64_t begin, std::int64_t end) {
        const Cut cut((end - begin) * pixels, block_rows);
        for (std::int64_t i = 0; i < cut.count; ++i) body(begin * pixels + cut.begin(i), cut.length(i));
    });
}

/// d_weight = G^T patches and d_bias = column sums of G, where G is the (rows, columns) gradient of the
/// product. fill(blocks, row, rows) writes rows [row, row + rows) of G as gemm blocks (cut_columns(columns),
/// blocks block_rows apart); weight_target(column) and bias_target(column) say where a column's gradients are
/// added (a null bias target is not wanted).
///
/// The sum over rows is split into slices, each with a result of its own, which are added in order at the
/// end.
template <typename Fill, typename WeightTarget, typename BiasTarget>
void weight_gradient(const float* x, const Conv2dShape& shape, std::int64_t columns, const Fill& fill,
                     const WeightTarget& weight_target, const BiasTarget& bias_target) {
    const std::int64_t taps = shape.taps(), stride = gemm_padded_columns(taps);
    const Cut slice_cut(shape.rows(), std::max<std::int64_t>(512, (shape.rows() + 7) / 8));
    const Cut tap_cut = cut_columns(taps), column_cut = cut_columns(columns);
    static thread_local Scratch<float> partial_weight, partial_bias;
    float* d_weight = partial_weight.reserve(slice_cut.count * columns * stride);
    float* d_bias = partial_bias.reserve(slice_cut.count * columns);
    std::fill_n(d_bias, slice_cut.count * columns, 0.0F);

    parallel_for(slice_cut.count * tap_cut.count, [&](std::int64_t item) {
        static thread_local Scratch<float> patch_scratch, gradient_scratch;
        float* patches = patch_scratch.reserve(block_rows * gemm_block_stride);
        float* gradient = gradient_scratch.reserve(blocked_size(block_rows, column_cut));
        const std::int64_t slice = item / tap_cut.count, t = item % tap_cut.count;
        const Cut row_cut(slice_cut.length(slice), block_rows);
        for (std::int64_t block = 0; block < row_cut.count; ++block) {
            const std::int64_t row = slice_cut.begin(slice) + row_cut.begin(block),
                               rows = row_cut.length(block);
            pack_patches(patches, x, shape, row, rows, tap_cut.begin(t), tap_cut.length(t));
            fill(gradient, row, rows);
            for (std::int64_t c = 0; c < column_cut.count; ++c) {
                const float* g = gradient + blocked_offset(block_rows, c);
                float* target =
                    d_weight + (slice * columns + column_cut.begin(c)) * stride + tap_cut.begin(t);
                gemm_block({target, stride, g, gemm_block_stride, true, patches, gemm_panel_width(),
                            gemm_block_stride, column_cut.length(c), tap_cut.length(t), rows, block > 0});
                float* sums = d_bias + slice * columns + column_cut.begin(c);
                for (std::int64_t i = 0; t == 0 && i < rows; ++i)
                    for (std::int64_t j = 0; j < column_cut.length(c); ++j)
                        sums[j] += g[i * gemm_block_stride + j];
            }
        }
    });

    parallel_for(columns, [&](std::int64_t column) {
        float* weight = weight_target(column);
        float* bias = bias_target(column);
        for (std::int64_t slice = 0; slice < slice_cut.count; ++slice) {
            const float* part = d_weight + (slice * columns + column) * stride;
            for (std::int64_t tap = 0; weight && tap < taps; ++tap) weight[tap] += part[tap];
            if (bias) *bias += d_bias[slice * columns + column];
        }
    });
}

}  // namespace kernels::cpu
