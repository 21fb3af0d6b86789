#include "kernels/attention_conv/algorithms.h"
#include "kernels/common/simd_targets.h"
#include "kernels/conv2d/conv_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_conv/attention_conv_patches_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/simd_loop-inl.h"

// The three branches are one matrix product with 3*Cout columns, branch after branch. Forward: patches times
// filters, and in the epilogue, on a block that is still in cache, bias, relu, the weights a_k and the sum.
// Backward: the gradient of that product, G = [a_1 g_1, a_2 g_2, a_3 g_3], is expanded block by block from
// d_out and the saved bits; nothing of the size of three activations ever stands in memory.
//
// The gradient of a_k needs z_k, which was not saved. But with P_k = g_k W_k^T, the gradient of the patches X
// without its factor a_k,
//   d_a_k = <g_k, z_k> = <g_k, X W_k + b_k> = <P_k, X> + <g_k, b_k>,
// and P_k has to be computed anyway: d_X = sum over k of a_k P_k.

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// The forward's epilogue for rows [row, row + rows) of the product; biases stand one branch after the other.
void combine_branches(const AttentionConvForward<float>& args, const float* bias, std::int64_t row,
                      std::int64_t rows, const float* products, std::int64_t stride) {
    const std::int64_t channels = args.shape.out_channels;
    const std::int64_t pixels = args.shape.out_height() * args.shape.out_width();
    for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t n = (row + i) / pixels;
        const float* a = args.a + n * branches;
        const float* product = products + i * stride;
        float* out = args.out + (row + i) * channels;
        std::uint8_t* active = args.active + (row + i) * channels;
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const hn::RebindToSigned<decltype(d)> d_int;
            const hn::Rebind<std::uint8_t, decltype(d)> d_byte;
            auto sum = hn::Zero(d);
            auto bits = hn::Zero(d_int);
            for (int k = 0; k < branches; ++k) {
                if (!takes_part(args, n, k)) continue;
                const auto z =
                    hn::Add(hn::LoadU(d, product + k * channels + c), hn::LoadU(d, bias + k * channels + c));
                const auto relu = hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), z);  // NaN stays NaN
                const auto positive = hn::RebindMask(d_int, hn::Gt(z, hn::Zero(d)));
                sum = hn::MulAdd(hn::Set(d, a[k]), relu, sum);
                bits = hn::Or(bits, hn::IfThenElseZero(positive, hn::Set(d_int, 1 << k)));
            }
            hn::StoreU(sum, d, out + c);
            hn::StoreU(hn::DemoteTo(d_byte, bits), d_byte, active + c);
        });
    }
}

/// out[c] = scale * d_out[c] where bit `branch` of active[c] is set, else 0.
HWY_INLINE void mask_row(float* HWY_RESTRICT out, const float* d_out, const std::uint8_t* active, int branch,
                         float scale, std::int64_t count) {
    for_each_vector(count, [&](auto d, std::int64_t c) HWY_ATTR {
        const hn::RebindToSigned<decltype(d)> d_int;
        const hn::Rebind<std::uint8_t, decltype(d)> d_byte;
        const auto bits = hn::PromoteTo(d_int, hn::LoadU(d_byte, active + c));
        const auto passes = hn::RebindMask(d, hn::TestBit(bits, hn::Set(d_int, 1 << branch)));
        const auto gradient = hn::Mul(hn::Set(d, scale), hn::LoadU(d, d_out + c));
        hn::StoreU(hn::IfThenElseZero(passes, gradient), d, out + c);
    });
}

/// Columns [column, column + columns) of G for rows [row, row + rows), as one gemm block.
void expand_gradient(float* block, const AttentionConvBackward<float>& args, std::int64_t row,
                     std::int64_t rows, std::int64_t column, std::int64_t columns) {
    const std::int64_t channels = args.shape.out_channels;
    const std::int64_t pixels = args.shape.out_height() * args.shape.out_width();
    for (std::int64_t i = 0; i < rows; ++i) {
        const float* a = args.a + (row + i) / pixels * branches;
        float* out = block + i * gemm_block_stride;
        for (std::int64_t j = column; j < column + columns;) {  // the columns may span several branches
            const std::int64_t k = j / channels, c = j % channels;
            const std::int64_t count = std::min(column + columns - j, channels - c);
            const std::int64_t place = (row + i) * channels + c;
            mask_row(out + (j - column), args.d_out + place, args.active + place, static_cast<int>(k), a[k],
                     count);
            j += count;
        }
    }
}

/// The gradient of one branch without its factor a: channels [channel, channel + channels_here) as one gemm
/// block. Adds <g_k, b_k> of each row to d_a.
void expand_branch(float* block, float* d_a, const AttentionConvBackward<float>& args, int branch,
                   std::int64_t row, std::int64_t rows, std::int64_t channel, std::int64_t channels_here) {
    const hn::ScalableTag<float> d;
    const float* bias = args.bias[static_cast<std::size_t>(branch)] + channel;
    for (std::int64_t i = 0; i < rows; ++i) {
        float* out = block + i * gemm_block_stride;
        const std::int64_t place = (row + i) * args.shape.out_channels + channel;
        mask_row(out, args.d_out + place, args.active + place, branch, 1.0F, channels_here);
        auto sum = hn::Zero(d);
        float tail = 0;
        for_each_vector(channels_here, [&](auto d_here, std::int64_t c) HWY_ATTR {
            const auto product = hn::Mul(hn::LoadU(d_here, out + c), hn::LoadU(d_here, bias + c));
            if constexpr (std::is_same_v<decltype(d_here), hn::ScalableTag<float>>) {
                sum = hn::Add(sum, product);
            } else {
                tail += hn::GetLane(product);
            }
        });
        d_a[i] += hn::GetLane(hn::SumOfLanes(d, sum)) + tail;
    }
}

/// d_patches (+)= a[k] * P_k, row by row, and d_a += <P_k, X>.
void fold_branch(float* d_patches, float* d_a, const float* product, const float* patches, const float* a,
                 bool first, std::int64_t rows, std::int64_t taps) {
    const hn::ScalableTag<float> d;
    for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t begin = i * gemm_block_stride;
        auto sum = hn::Zero(d);
        float tail = 0;
        for_each_vector(taps, [&](auto d_here, std::int64_t j) HWY_ATTR {
            const auto p = hn::LoadU(d_here, product + begin + j);
            const auto weighted = hn::Mul(hn::Set(d_here, a[i]), p);
            const auto before = first ? hn::Zero(d_here) : hn::LoadU(d_here, d_patches + begin + j);
            hn::StoreU(hn::Add(before, weighted), d_here, d_patches + begin + j);
            const auto x = hn::LoadU(d_here, patches + begin + j);
            if constexpr (std::is_same_v<decltype(d_here), hn::ScalableTag<float>>) {
                sum = hn::MulAdd(p, x, sum);
            } else {
                tail += hn::GetLane(hn::Mul(p, x));
            }
        });
        d_a[i] += hn::GetLane(hn::SumOfLanes(d, sum)) + tail;
    }
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(combine_branches);
HWY_EXPORT(expand_gradient);
HWY_EXPORT(expand_branch);
HWY_EXPORT(fold_branch);

namespace cpu::patches {
namespace {

/// d_x and d_a. Per block of rows: pack its patches X; per block of taps and branch, P_k = g_k W_k^T; fold
/// P_k into both.
void input_and_attention_gradient(const AttentionConvBackward<float>& args) {
    const Conv2dShape& shape = args.shape;
    const std::int64_t taps = shape.taps(), width = gemm_panel_width(), channels = shape.out_channels;
    const std::int64_t branch_floats = channels * gemm_padded_columns(taps);
    const std::int64_t pixels = shape.out_height() * shape.out_width();
    const Cut tap_cut = cut_columns(taps), channel_cut = cut_columns(channels);
    static thread_local Scratch<float> weight_scratch, d_a_scratch;
    float* weights = weight_scratch.reserve(branches * branch_floats);
    for (int k = 0; k < branches; ++k)
        gemm_pack_panels(weights + k * branch_floats, args.weight[static_cast<std::size_t>(k)], channels,
                         taps, taps);
    float* d_a_rows =
        d_a_scratch.reserve(branches * shape.rows());  // per branch and row: summed over rows at the end
    std::fill_n(d_a_rows, branches * shape.rows(), 0.0F);

    for_each_image_block(shape, [&](std::int64_t row, std::int64_t rows) {
        static thread_local Scratch<float> scratch;
        const std::int64_t block_floats = block_rows * gemm_block_stride;
        const std::int64_t branch_blocks = channel_cut.count * block_floats;
        float* patches = scratch.reserve(3 * block_floats + branches * branch_blocks + branches * block_rows);
        float* product = patches + block_floats;
        float* d_patches = product + block_floats;
        float* gradient = d_patches + block_floats;
        float* a = gradient + branches * branch_blocks;  // a[k] of each row's image
        for (int k = 0; k < branches; ++k) {
            for (std::int64_t i = 0; i < rows; ++i)
                a[k * block_rows + i] = args.a[(row + i) / pixels * branches + k];
            for (std::int64_t c = 0; c < channel_cut.count; ++c) {
                HWY_DYNAMIC_DISPATCH(expand_branch)
                (gradient + k * branch_blocks + blocked_offset(block_rows, c),
                 d_a_rows + k * shape.rows() + row, args, k, row, rows, channel_cut.begin(c),
                 channel_cut.length(c));
            }
        }
        for (std::int64_t t = 0; t < tap_cut.count; ++t) {
            const std::int64_t tap = tap_cut.begin(t), taps_here = tap_cut.length(t);
            pack_patches(patches, args.x, shape, row, rows, tap, taps_here);
            for (int k = 0; k < branches; ++k) {
                for (std::int64_t c = 0; c < channel_cut.count; ++c)
                    gemm_block({product, gemm_block_stride,
                                gradient + k * branch_blocks + blocked_offset(block_rows, c),
                                gemm_block_stride, false,
                                weights + k * branch_floats + tap * channels + channel_cut.begin(c) * width,
                                channels * width, width, rows, taps_here, channel_cut.length(c), c > 0});
                HWY_DYNAMIC_DISPATCH(fold_branch)
                (d_patches, d_a_rows + k * shape.rows() + row, product, patches, a + k * block_rows, k == 0,
                 rows, taps_here);
            }
            if (args.d_x) scatter_patches(args.d_x, d_patches, shape, row, rows, tap, taps_here);
        }
    });

    for (std::int64_t n = 0; n < shape.images; ++n) {
        for (int k = 0; k < branches; ++k) {
            const float* rows = d_a_rows + k * shape.rows() + n * pixels;
            double sum = 0;
            for (std::int64_t p = 0; p < pixels; ++p) sum += rows[p];
            args.d_a[n * branches + k] += static_cast<float>(sum);
        }
    }
}

}  // namespace

void attention_conv_forward(const AttentionConvForward<float>& args) {
    const std::int64_t channels = args.shape.out_channels, columns = branches * channels,
                       taps = args.shape.taps();
    static thread_local Scratch<float> weight_scratch, bias_scratch;
    float* weights = weight_scratch.reserve(taps * gemm_padded_columns(columns));
    float* bias = bias_scratch.reserve(columns);
    std::fill_n(weights, taps * gemm_padded_columns(columns), 0.0F);
    for (int k = 0; k < branches; ++k) {
        gemm_pack_panels_transposed(weights, args.weight[static_cast<std::size_t>(k)], taps, channels,
                                    k * channels);
        std::copy_n(args.bias[static_cast<std::size_t>(k)], channels, bias + k * channels);
    }
    multiply_patches(args.x, args.shape, weights, columns,
                     [&](std::int64_t row, std::int64_t rows, const float* products, std::int64_t stride) {
                         HWY_DYNAMIC_DISPATCH(combine_branches)(args, bias, row, rows, products, stride);
                     });
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    const std::int64_t channels = args.shape.out_channels, taps = args.shape.taps();
    const Cut column_cut = cut_columns(branches * channels);
    input_and_attention_gradient(args);
    weight_gradient(
        args.x, args.shape, branches * channels,
        [&](float* blocks, std::int64_t row, std::int64_t rows) {
            for (std::int64_t c = 0; c < column_cut.count; ++c) {
                HWY_DYNAMIC_DISPATCH(expand_gradient)
                (blocks + blocked_offset(block_rows, c), args, row, rows, column_cut.begin(c),
                 column_cut.length(c));
            }
        },
        [&](std::int64_t column) {
            return args.d_weight[static_cast<std::size_t>(column / channels)] + column % channels * taps;
        },
        [&](std::int64_t column) {
            return args.d_bias[static_cast<std::size_t>(column / channels)] + column % channels;
        });
}

}  // namespace cpu::patches
}  // namespace kernels
#endif
