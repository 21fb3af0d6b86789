#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/conv_blocks.h"

namespace kernels::cpu {
namespace {

/// d_x += patches' gradient, which is d_out times the filters, scattered back to where the patches came from.
void input_gradient(const Conv2dBackward<float>& args) {
    const Conv2dShape& shape = args.shape;
    const std::int64_t taps = shape.taps(), width = gemm_panel_width(), channels = shape.out_channels;
    const Cut tap_cut = cut_columns(taps), channel_cut = cut_columns(channels);
    static thread_local Scratch<float> weight_scratch;
    float* weights = weight_scratch.reserve(channels * gemm_padded_columns(taps));
    gemm_pack_panels(weights, args.weight, channels, taps, taps);

    for_each_image_block(shape, [&](std::int64_t row, std::int64_t rows) {
        static thread_local Scratch<float> gradient_scratch, patch_scratch;
        float* gradient = gradient_scratch.reserve(block_rows * gemm_block_stride);
        float* d_patches = patch_scratch.reserve(block_rows * gemm_block_stride);
        for (std::int64_t t = 0; t < tap_cut.count; ++t) {
            for (std::int64_t c = 0; c < channel_cut.count; ++c) {
                const std::int64_t depth = channel_cut.length(c);
                for (std::int64_t i = 0; i < rows; ++i)
                    std::copy_n(args.d_out + (row + i) * channels + channel_cut.begin(c), depth,
                                gradient + i * gemm_block_stride);
                gemm_block({d_patches, gemm_block_stride, gradient, gemm_block_stride, false,
                            weights + (tap_cut.begin(t) * channels) + channel_cut.begin(c) * width,
                            channels * width, width, rows, tap_cut.length(t), depth, c > 0});
            }
            scatter_patches(args.d_x, d_patches, shape, row, rows, tap_cut.begin(t), tap_cut.length(t));
        }
    });
}

void parameter_gradients(const Conv2dBackward<float>& args) {
    const std::int64_t channels = args.shape.out_channels, taps = args.shape.taps();
    const Cut channel_cut = cut_columns(channels);
    weight_gradient(
        args.x, args.shape, channels,
        [&](float* blocks, std::int64_t row, std::int64_t rows) {
            for (std::int64_t c = 0; c < channel_cut.count; ++c)
                for (std::int64_t i = 0; i < rows; ++i)
                    std::copy_n(args.d_out + (row + i) * channels + channel_cut.begin(c),
                                channel_cut.length(c),
                                blocks + blocked_offset(block_rows, c) + i * gemm_block_stride);
        },
        [&](std::int64_t channel) { return args.d_weight ? args.d_weight + channel * taps : nullptr; },
        [&](std::int64_t channel) { return args.d_bias ? args.d_bias + channel : nullptr; });
}

}  // namespace

void conv2d_forward(const Conv2dForward<float>& args) {
    const std::int64_t channels = args.shape.out_channels, taps = args.shape.taps();
    static thread_local Scratch<float> weight_scratch;
    float* weights = weight_scratch.reserve(taps * gemm_padded_columns(channels));
    std::fill_n(weights, taps * gemm_padded_columns(channels), 0.0F);
    gemm_pack_panels_transposed(weights, args.weight, taps, channels, 0);
    multiply_patches(args.x, args.shape, weights, channels,
                     [&](std::int64_t row, std::int64_t rows, const float* products, std::int64_t stride) {
                         for (std::int64_t i = 0; i < rows; ++i)
                             for (std::int64_t c = 0; c < channels; ++c)
                                 args.out[(row + i) * channels + c] =
                                     products[i * stride + c] + (args.bias ? args.bias[c] : 0.0F);
                     });
}

void conv2d_backward(const Conv2dBackward<float>& args) {
    if (args.d_x) input_gradient(args);
    if (args.d_weight || args.d_bias) parameter_gradients(args);
}

}  // namespace kernels::cpu
