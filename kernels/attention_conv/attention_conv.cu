#include "kernels/attention_conv/attention_conv.h"
#include "kernels/attention_conv/branch_sums.cuh"
#include "kernels/attention_conv/branches.cuh"
#include "kernels/attention_conv/epilogues.cuh"
#include "kernels/attention_conv/masked_loader.cuh"
#include "kernels/conv2d/filter_parts.cuh"
#include "kernels/conv2d/limits.cuh"
#include "kernels/conv2d/sizes.cuh"
#include "kernels/gemm/parts.cuh"
#include "kernels/gemm/product.cuh"

// The three branches as three products side by side (docs/cuda_convolution.md; the identities are in
// docs/attention_conv.md). With g_k = d_out where bit k is set, else 0:
//   forward    one A, patches of x; B_k the filters; the epilogue combines the branches, out is written once
//   d_x, d_a   A_k the outputs of each pixel of x, g_k; B_k the filters; C_k is d_x without its factor a_k
//   d_weight   A_k = a_k g_k; one B, patches of x
// Tiles of 64 pixels or taps by 32 channels: what a thread holds of all three fits its registers.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using namespace product;

constexpr int tile_pixels = 64, tile_taps = 64, tile_channels = 32;
static_assert(tile_pixels == attention_conv_rows_per_part(this_device));

DeviceScratch x_copy, weight_copy[branches], parts_memory, row_sum_memory, branch_sum_memory;

/// The factors, by output pixel and by pixel of x.
template <typename Args>
Factors factors_by_output(const Args& args) {
    return {args.a, args.rectified, args.shape.images, args.shape.out_height() * args.shape.out_width()};
}
template <typename Args>
Factors factors_by_input(const Args& args) {
    return {args.a, args.rectified, args.shape.images, args.shape.height * args.shape.width};
}

/// x and the filters as a product's operands.
template <typename T, typename Args>
const T* x_operand(const Args& args) {
    const Conv2dShape& s = args.shape;
    return operand<T>(x_copy, args.x, s.images * s.height * s.width, s.in_channels);
}
template <typename T, typename Args>
const T* weight_operand(const Args& args, std::size_t k) {
    const Conv2dShape& s = args.shape;
    return operand<T>(weight_copy[k], args.weight[k], s.out_channels * s.kernel * s.kernel, s.in_channels);
}

/// Patches times filters, which the forward is made of; and z_k computed again.
template <typename I, typename Args, typename Epilogue>
void launch_forward_product(const Args& args, const Epilogue& epilogue) {
    using T = typename I::T;
    const Sizes<T> n(args.shape);
    using A = AsyncLoader<AlongDepth<T, tile_pixels, I::depth>, PatchRows<T>, 1, I::vector>;
    using B = AsyncLoader<AlongDepth<T, tile_channels, I::depth>, Filters<T, branches>, branches, I::vector>;
    const int depth = n.places * n.padded_in;
    launch_product(Product<I::precision, branches, A, B, Epilogue, LiveInRows>{
        {x_operand<T>(args), args.shape, n.padded_in},
        {{weight_operand<T>(args, 0), weight_operand<T>(args, 1), weight_operand<T>(args, 2)},
         n.out_channels,
         depth},
        epilogue,
        {factors_by_output(args)},
        n.pixels_out,
        n.out_channels,
        depth,
        depth});
}

/// d_x, and the row sums for d_a: (tiles of input channels, pixels of x, branches).
template <typename I, int vector>
void add_d_x(const AttentionConvBackward<float>& args, float* row_sums) {
    using T = typename I::T;
    constexpr int stages = 2;  // three A are 12 KiB
    const Sizes<T> n(args.shape);
    using Epilogue = AddBranchGradients<I::precision>;
    using A = MaskedLoader<AlongDepth<T, tile_pixels, I::depth>, GradientsOfPixel, vector>;
    using B = AsyncLoader<AcrossDepth<T, tile_channels, I::depth>, FiltersByInput<T, branches>, branches,
                          I::vector>;
    const int depth = n.places * n.padded_out;
    launch_product(Product<I::precision, branches, A, B, Epilogue, LiveInRows, stages>{
        {args, n.padded_out},
        {{weight_operand<T>(args, 0), weight_operand<T>(args, 1), weight_operand<T>(args, 2)},
         n.padded_in,
         n.out_channels,
         n.places,
         Divisor(n.padded_out)},
        {args.d_x, row_sums, x_operand<T>(args), n.padded_in, factors_by_input(args), n.pixels_in,
         n.in_channels},
        {factors_by_input(args)},
        n.pixels_in,
        n.in_channels,
        depth,
        depth});
}

template <typename I, int vector>
void add_d_weight(const AttentionConvBackward<float>& args) {
    using T = typename I::T;
    const Sizes<T> n(args.shape);
    const int taps = n.places * n.padded_in;
    const Parts cut(n.pixels_out, tiles(n.out_channels, tile_channels) * tiles(taps, tile_taps), I::depth);
    float* parts =
        parts_memory.reserve<float>(std::int64_t{cut.count} * branches * n.out_channels * part_taps(n));

    using A = MaskedLoader<AcrossDepth<T, tile_channels, I::depth>, WeightedGradients, vector>;
    using B = AsyncLoader<AcrossDepth<T, tile_taps, I::depth>, PatchColumns<T>, 1, I::vector>;
    launch_product(
        Product<I::precision, branches, A, B, StorePart<branches>, LiveInDepth<I::depth>>{
            {args, factors_by_output(args)},
            {x_operand<T>(args), args.shape, n.padded_in},
            {parts, n.out_channels, part_taps(n)},
            {factors_by_output(args)},
            n.out_channels,
            taps,
            n.pixels_out,
            cut.depth},
        cut.count);
    add_filter_parts(args.d_weight, parts, cut.count, n);
}

/// d_bias, and d_a from the row sums of `row_pixels` pixels an image in `column_tiles` tiles.
void add_d_bias_and_d_a(const AttentionConvBackward<float>& args, const float* row_sums, int column_tiles,
                        std::int64_t row_pixels, bool rows_have_bias) {
    const Conv2dShape& s = args.shape;
    float* sums = branch_sum_memory.reserve<float>(s.images * branches * s.out_channels);
    launch(branch_sums_kernel, band_shape(branch_threads, s.images, s.out_channels, 1), work_stream(), sums,
           args.d_out, args.active, s.out_height() * s.out_width(), s.out_channels);

    const BranchTargets target{args.d_a, {args.d_bias[0], args.d_bias[1], args.d_bias[2]}};
    BranchInputs in{args.a,         {args.bias[0], args.bias[1], args.bias[2]},
                    sums,           row_sums,
                    args.rectified, column_tiles,
                    s.images,       row_pixels,
                    s.out_channels};
    launch(branch_bias_kernel, band_shape(branch_threads, branches, s.out_channels, 1), work_stream(), target,
           in);
    if (rows_have_bias)
        for (const float*& bias : in.bias) bias = nullptr;
    launch(branch_factor_kernel,
           {dim3(static_cast<unsigned>(tiles(s.images * branches, branch_threads / warp_size))),
            dim3(branch_threads)},
           work_stream(), target, in);
}

/// `vector`: neighbours of d_out that are loaded in one piece.
template <typename I, int vector>
void backward(const AttentionConvBackward<float>& args) {
    const Conv2dShape& s = args.shape;
    add_d_weight<I, vector>(args);
    if (args.d_x != nullptr) {
        const auto column_tiles = static_cast<int>(tiles(s.in_channels, tile_channels));
        const std::int64_t pixels = s.height * s.width;
        float* row_sums = row_sum_memory.reserve<float>(column_tiles * s.images * pixels * branches);
        add_d_x<I, vector>(args, row_sums);
        add_d_bias_and_d_a(args, row_sums, column_tiles, pixels, false);
    } else {
        const auto column_tiles = static_cast<int>(tiles(s.out_channels, tile_channels));
        const std::int64_t pixels = s.out_height() * s.out_width();
        float* row_sums = row_sum_memory.reserve<float>(column_tiles * s.images * pixels * branches);
        launch_forward_product<I>(args, SumGradientsTimesZ{row_sums,
                                                           args.d_out,
                                                           args.active,
                                                           {args.bias[0], args.bias[1], args.bias[2]},
                                                           static_cast<int>(s.rows()),
                                                           static_cast<int>(s.out_channels)});
        add_d_bias_and_d_a(args, row_sums, column_tiles, pixels, true);
    }
}

}  // namespace

void attention_conv_forward(const AttentionConvForward<float>& args) {
    const Conv2dShape& s = args.shape;
    require_within_limits(s);
    if (s.rows() == 0) return;
    with_instructions(
        args.precision, s.in_channels,
        [&](auto with) {
            launch_forward_product<decltype(with)>(args,
                                                   CombineBranches{args.out,
                                                                   args.active,
                                                                   args.out_moments,
                                                                   {args.bias[0], args.bias[1], args.bias[2]},
                                                                   factors_by_output(args),
                                                                   static_cast<int>(s.rows()),
                                                                   static_cast<int>(s.out_channels)});
        },
        args.x, args.weight[0], args.weight[1], args.weight[2]);
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    const Conv2dShape& s = args.shape;
    require_within_limits(s);
    if (s.rows() == 0) return;
    with_instructions(
        args.precision, s.in_channels | s.out_channels,  // multiples of 4 if both are
        [&](auto with) {
            using I = decltype(with);
            if constexpr (I::precision != Precision::bf16) {
                backward<I, I::vector>(args);
            } else {  // has no copy of d_out
                with_vector_width(
                    s.out_channels, [&](auto pack) { backward<I, pack()>(args); }, args.d_out, args.active);
            }
        },
        args.x, args.d_out, args.active, args.weight[0], args.weight[1], args.weight[2]);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
