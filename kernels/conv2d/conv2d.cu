#include "kernels/conv2d/channel_sums.cuh"
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/filter_parts.cuh"
#include "kernels/conv2d/index_maps.cuh"
#include "kernels/conv2d/limits.cuh"
#include "kernels/conv2d/sizes.cuh"
#include "kernels/gemm/bfloat16_copy.cuh"
#include "kernels/gemm/epilogues.cuh"
#include "kernels/gemm/product.cuh"

// A convolution as an implicit matrix product (docs/cuda_convolution.md), three times. With p a pixel of
// out, q one of x, o and i an output and an input channel, r and s a row and a column of the filters:
//
//   out      (p, o)         =  patches of x (p, (r, s, i))    *  filters ((r, s, i), o)
//   d_x      (q, i)         =  outputs of q (q, (r, s, o))    *  filters ((r, s, o), i)
//   d_weight (o, (r, s, i)) =  d_out (o, p)                   *  patches of x (p, (r, s, i))
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using namespace product;

constexpr int tile_rows = 64, tile_columns = 64;

DeviceScratch x_copy, weight_copy, d_out_copy, parts_memory;

/// The layouts of a tile's operands, for Instructions I.
template <typename I>
using RowsAlongDepth = AlongDepth<typename I::T, tile_rows, I::depth>;
template <typename I>
using ColumnsAlongDepth = AlongDepth<typename I::T, tile_columns, I::depth>;
template <typename I>
using RowsAcrossDepth = AcrossDepth<typename I::T, tile_rows, I::depth>;
template <typename I>
using ColumnsAcrossDepth = AcrossDepth<typename I::T, tile_columns, I::depth>;

template <typename I>
void forward(const Conv2dForward<float>& args) {
    using T = typename I::T;
    const Sizes<T> n(args.shape);
    const T* x = operand<T>(x_copy, args.x, n.pixels_in, n.in_channels);
    const T* weight = operand<T>(weight_copy, args.weight, n.out_channels * n.places, n.in_channels);

    using A = AsyncLoader<RowsAlongDepth<I>, PatchRows<T>, 1, I::vector>;
    using B = AsyncLoader<ColumnsAlongDepth<I>, Filters<T, 1>, 1, I::vector>;
    const int depth = n.places * n.padded_in;
    launch_product(Product<I::precision, 1, A, B, StoreWithBias, AllLive<1>>{
        {x, args.shape, n.padded_in},
        {{weight}, n.out_channels, depth},
        {args.out, args.bias, n.pixels_out, n.out_channels},
        {},
        n.pixels_out,
        n.out_channels,
        depth,
        depth});
}

template <typename I>
void add_d_x(const Conv2dBackward<float>& args, const typename I::T* d_out) {
    using T = typename I::T;
    const Sizes<T> n(args.shape);
    const T* weight = operand<T>(weight_copy, args.weight, n.out_channels * n.places, n.in_channels);

    using A = AsyncLoader<RowsAlongDepth<I>, OutputsOfPixel<T>, 1, I::vector>;
    using B = AsyncLoader<ColumnsAcrossDepth<I>, FiltersByInput<T, 1>, 1, I::vector>;
    const int depth = n.places * n.padded_out;
    launch_product(Product<I::precision, 1, A, B, AddToTarget, AllLive<1>>{
        {d_out, args.shape, n.padded_out, n.padded_out},
        {{weight}, n.padded_in, n.out_channels, n.places, Divisor(n.padded_out)},
        {args.d_x, n.pixels_in, n.in_channels},
        {},
        n.pixels_in,
        n.in_channels,
        depth,
        depth});
}

template <typename I>
void add_d_weight(const Conv2dBackward<float>& args, const typename I::T* d_out) {
    using T = typename I::T;
    const Sizes<T> n(args.shape);
    const T* x = operand<T>(x_copy, args.x, n.pixels_in, n.in_channels);
    const int taps = n.places * n.padded_in;
    const Parts cut(n.pixels_out, tiles(n.out_channels, tile_rows) * tiles(taps, tile_columns), I::depth);
    float* parts = parts_memory.reserve<float>(std::int64_t{cut.count} * n.out_channels * part_taps(n));

    using A = AsyncLoader<RowsAcrossDepth<I>, OutputColumns<T>, 1, I::vector>;
    using B = AsyncLoader<ColumnsAcrossDepth<I>, PatchColumns<T>, 1, I::vector>;
    launch_product(
        Product<I::precision, 1, A, B, StorePart<1>, AllLive<1>>{{d_out, n.padded_out, n.pixels_out},
                                                                 {x, args.shape, n.padded_in},
                                                                 {parts, n.out_channels, part_taps(n)},
                                                                 {},
                                                                 n.out_channels,
                                                                 taps,
                                                                 n.pixels_out,
                                                                 cut.depth},
        cut.count);
    add_filter_parts(std::array{args.d_weight}, parts, cut.count, n);
}

}  // namespace

void conv2d_forward(const Conv2dForward<float>& args) {
    require_within_limits(args.shape);
    if (args.shape.rows() == 0) return;
    with_instructions(
        args.precision, args.shape.in_channels, [&](auto with) { forward<decltype(with)>(args); }, args.x,
        args.weight);
}

void conv2d_backward(const Conv2dBackward<float>& args) {
    const Conv2dShape& s = args.shape;
    require_within_limits(s);
    if (s.rows() == 0) return;
    with_instructions(
        args.precision, s.in_channels | s.out_channels,  // multiples of 4 if both are
        [&](auto with) {
            using I = decltype(with);
            const auto* d_out = operand<typename I::T>(d_out_copy, args.d_out, s.rows(), s.out_channels);
            if (args.d_x != nullptr) add_d_x<I>(args, d_out);
            if (args.d_weight != nullptr) add_d_weight<I>(args, d_out);
        },
        args.x, args.weight, args.d_out);
    if (args.d_bias != nullptr)
        add_channel_sums(parts_memory, args.d_bias, args.d_out, s.rows(), s.out_channels);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
