#include <algorithm>
#include <array>

#include "kernels/attention_conv/algorithms.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/common/simd_targets.h"
#include "kernels/conv2d/conv_blocks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_conv/attention_conv_direct_cpu.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/simd_loop-inl.h"

// An image of few channels fits the first cache level, so the filters slide over the image itself: no matrix
// of patches. It is copied as planes, one per channel, with a border of zeros; then the inputs of
// neighbouring pixels are neighbours too, and no pixel is a special case.
//
// Forward: a tile of pixels, times one vector of output channels, times the branches that take part, stays in
// registers from the bias to the weighted sum; out and active are written once.
//
// Backward, per image: the gradient of the filters without the factor a_k, d_F_k = sum over pixels of
// patch^T g_k. It serves both targets, and no z_k is needed:
//   d_weight[k] += a_k d_F_k,  and since z_k is linear in the filter F_k,  d_a_k = <g_k, z_k> = <d_F_k, F_k>.
//
// The bias is the filter's weight for an input that is always 1. So a packed filter is, for a vector of
// output channels and a branch, a row of biases and then a row of weights per tap (channel, filter row,
// filter column).

HWY_BEFORE_NAMESPACE();
namespace kernels::cpu::direct::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using hn::ScalableTag;
using Vector = hn::Vec<ScalableTag<float>>;
constexpr std::int64_t max_lanes = hn::MaxLanes(ScalableTag<float>());

/// Sums that are in registers at a time: enough to hide the latency of an addition, and with the factors of
/// their next products they fit the 32 registers of AVX-512 or the 16 of AVX2.
constexpr bool many_registers = HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON;
template <int live>
constexpr int tile_pixels = std::min((many_registers ? 24 : 12) / live, 16);
constexpr int tile_taps = many_registers ? 9 : 3;  ///< backward: times tile_filters
constexpr int tile_filters = 3;

/// Pixels whose gradients are expanded at a time, about: enough to pay for loading the sums, few enough that
/// the gradients stay in the first cache level beside the image.
constexpr std::int64_t gradient_pixels = 64;

constexpr std::int64_t line = 16;  ///< floats in a line of the cache

std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(ScalableTag<float>())); }

/// Sizes that follow from the shape.
struct Plan {
    Conv2dShape shape;
    std::int64_t vectors;     ///< of output channels
    std::int64_t filter;      ///< floats of a packed filter
    std::int64_t row, plane;  ///< floats of a row and of a plane of the padded image
    std::array<std::int64_t, 9 * max_in_channels> offset{};  ///< of each tap's input from the first one's

    explicit Plan(const Conv2dShape& s)
        : shape(s),
          vectors((s.out_channels + lanes() - 1) / lanes()),
          filter((1 + s.taps()) * lanes()),
          row(s.width + 2),
          plane((s.height + 2) * row) {
        for (std::int64_t tap = 0; tap < s.taps(); ++tap)
            offset[static_cast<std::size_t>(tap)] = tap / 9 * plane + tap % 9 / 3 * row + tap % 3;
    }

    std::int64_t filters() const { return vectors * branches; }  ///< one vector's branches after another's
    std::int64_t channels(std::int64_t vector) const {
        return std::min(lanes(), shape.out_channels - vector * lanes());
    }
};

/// The branches that take part in an image.
struct Live {
    std::array<std::int64_t, branches> branch{};
    std::int64_t count = 0;

    template <typename Args>
    Live(const Args& args, std::int64_t n) {
        for (std::int64_t k = 0; k < branches; ++k)
            if (takes_part(args, n, k)) branch[static_cast<std::size_t>(count++)] = k;
    }
};

/// Calls body(packed, weight, bias) for each weight of branch k and vector v; bias is null but for one tap.
template <typename Body>
void for_each_weight(const Plan& plan, std::int64_t v, const Body& body) {
    const std::int64_t in_channels = plan.shape.in_channels, taps = plan.shape.taps();
    for (std::int64_t lane = 0; lane < plan.channels(v); ++lane)
        for (std::int64_t tap = 0; tap < taps; ++tap) {  // packed: channel first; in weight: channel last
            const std::int64_t channel = tap / 9, place = tap % 9;
            body((1 + tap) * lanes() + lane, (v * lanes() + lane) * taps + place * in_channels + channel);
        }
}

const float* pack_filters(const Plan& plan, const std::array<const float*, branches>& weight,
                          const std::array<const float*, branches>& bias) {
    static thread_local Scratch<float> scratch;
    float* packed = scratch.reserve(plan.filters() * plan.filter);
    std::fill_n(packed, plan.filters() * plan.filter, 0.0F);
    for (std::int64_t f = 0; f < plan.filters(); ++f) {
        const std::int64_t v = f / branches;
        const auto k = static_cast<std::size_t>(f % branches);
        float* filter = packed + f * plan.filter;
        std::copy_n(bias[k] + v * lanes(), plan.channels(v), filter);
        for_each_weight(plan, v, [&](std::int64_t i, std::int64_t w) { filter[i] = weight[k][w]; });
    }
    return packed;
}

/// Image n of x as padded planes.
const float* copy_planes(const Plan& plan, const float* x, std::int64_t n) {
    static thread_local Scratch<float> scratch;
    const Conv2dShape& s = plan.shape;
    float* planes = scratch.reserve(s.in_channels * plan.plane);
    std::fill_n(planes, s.in_channels * plan.plane, 0.0F);
    for (std::int64_t y = 0; y < s.height; ++y) {
        const float* in = x + (n * s.height + y) * s.width * s.in_channels;
        for (std::int64_t i = 0; i < s.in_channels; ++i) {
            float* out = planes + i * plan.plane + (y + 1) * plan.row + 1;
            for (std::int64_t column = 0; column < s.width; ++column)
                out[column] = in[column * s.in_channels + i];
        }
    }
    return planes;
}

/// What a forward tile reads and writes.
template <int live>
struct Tile {
    float* out;  ///< whole vectors, `stride` apart
    std::uint8_t* active;
    std::int64_t stride;
    const float* x;  ///< plane 0, at the upper left input of the first pixel
    std::array<const float*, live> filter;
    std::array<float, live> a;
    std::array<std::uint32_t, live> bit;
};

/// One vector of channels of `pixels` neighbours in a row.
template <int live, int pixels>
HWY_INLINE void forward_tile(const Plan& plan, const Tile<live>& tile) {
    const ScalableTag<float> d;
    const hn::RebindToUnsigned<decltype(d)> d_int;
    const hn::Rebind<std::uint8_t, decltype(d)> d_byte;
    Vector z[live][pixels];
#pragma GCC unroll 32
    for (int k = 0; k < live; ++k)
#pragma GCC unroll 32
        for (int p = 0; p < pixels; ++p) z[k][p] = hn::Load(d, tile.filter[k]);

    for (int p = 0; p < pixels; ++p) hwy::Prefetch(tile.out + p * tile.stride);
    std::array<const float*, live> filter = tile.filter;
    for (std::int64_t tap = 0; tap < plan.shape.taps(); ++tap) {
        const float* HWY_RESTRICT x = tile.x + plan.offset[static_cast<std::size_t>(tap)];
        Vector weight[live];
#pragma GCC unroll 32
        for (int k = 0; k < live; ++k) weight[k] = hn::Load(d, filter[k] += lanes());
#pragma GCC unroll 32
        for (int p = 0; p < pixels; ++p) {
            const Vector input = hn::Set(d, x[p]);
#pragma GCC unroll 32
            for (int k = 0; k < live; ++k) z[k][p] = hn::MulAdd(input, weight[k], z[k][p]);
        }
    }

#pragma GCC unroll 32
    for (int p = 0; p < pixels; ++p) {
        Vector sum = hn::Zero(d);
        auto bits = hn::Zero(d_int);
#pragma GCC unroll 32
        for (int k = 0; k < live; ++k) {
            const auto passes = hn::Not(hn::Le(z[k][p], hn::Zero(d)));  // NaN passes
            const auto positive = hn::RebindMask(d_int, hn::Gt(z[k][p], hn::Zero(d)));
            sum = hn::IfThenElse(passes, hn::MulAdd(hn::Set(d, tile.a[k]), z[k][p], sum), sum);
            bits = hn::Or(bits, hn::IfThenElseZero(positive, hn::Set(d_int, tile.bit[k])));
        }
        hn::StoreU(sum, d, tile.out + p * tile.stride);
        hn::StoreU(hn::U8FromU32(bits), d_byte, tile.active + p * tile.stride);
    }
}

/// Calls forward_tile with the number of pixels as a compile-time constant.
template <int live, int pixels = tile_pixels<live>>
HWY_INLINE void forward_pixels(std::int64_t count, const Plan& plan, const Tile<live>& tile) {
    if constexpr (pixels > 0) {
        if (count == pixels) return forward_tile<live, pixels>(plan, tile);
        forward_pixels<live, pixels - 1>(count, plan, tile);
    }
}

template <int live>
void forward_image(const AttentionConvForward<float>& args, const Plan& plan, const float* filters,
                   std::int64_t n, const Live& branch) {
    const Conv2dShape& s = plan.shape;
    const float* planes = copy_planes(plan, args.x, n);
    const Cut cut(s.width, tile_pixels<live>);
    Tile<live> tile;
    for (std::int64_t y = 0; y < s.height; ++y) {
        for (std::int64_t t = 0; t < cut.count; ++t) {
            for (std::int64_t v = 0; v < plan.vectors; ++v) {
                const std::int64_t pixel = (n * s.height + y) * s.width + cut.begin(t);
                const std::int64_t place = pixel * s.out_channels + v * lanes();
                tile.x = planes + y * plan.row + cut.begin(t);
                for (std::size_t j = 0; j < live; ++j) {
                    const std::int64_t k = branch.branch[j];
                    tile.filter[j] = filters + (v * branches + k) * plan.filter;
                    tile.a[j] = args.a[n * branches + k];
                    tile.bit[j] = std::uint32_t{1} << k;
                }
                if (plan.channels(v) == lanes()) {
                    tile.out = args.out + place;
                    tile.active = args.active + place;
                    tile.stride = s.out_channels;
                    forward_pixels<live>(cut.length(t), plan, tile);
                } else {
                    float out[tile_pixels<live> * max_lanes];
                    std::uint8_t active[tile_pixels<live> * max_lanes];
                    tile.out = out;
                    tile.active = active;
                    tile.stride = lanes();
                    forward_pixels<live>(cut.length(t), plan, tile);
                    for (std::int64_t p = 0; p < cut.length(t); ++p) {
                        std::copy_n(out + p * lanes(), plan.channels(v),
                                    args.out + place + p * s.out_channels);
                        std::copy_n(active + p * lanes(), plan.channels(v),
                                    args.active + place + p * s.out_channels);
                    }
                }
            }
        }
    }
}

void forward(const AttentionConvForward<float>& args) {
    const Plan plan(args.shape);
    const float* filters = pack_filters(plan, args.weight, args.bias);
    parallel_for(args.shape.images, [&](std::int64_t n) {
        const Live live(args, n);
        const std::int64_t size = args.shape.height * args.shape.width * args.shape.out_channels;
        switch (live.count) {
            case 3:
                return forward_image<3>(args, plan, filters, n, live);
            case 2:
                return forward_image<2>(args, plan, filters, n, live);
            case 1:
                return forward_image<1>(args, plan, filters, n, live);
            default:
                std::fill_n(args.out + n * size, size, 0.0F);
                std::fill_n(args.active + n * size, size, std::uint8_t{0});
        }
    });
}

/// The first `count` lanes.
template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const hn::TFromD<D>* p, std::int64_t count) {
    HWY_ALIGN hn::TFromD<D> part[hn::MaxLanes(d)] = {};
    std::copy_n(p, count, part);
    return hn::Load(d, part);
}

/// g_k of `pixels` pixels from `pixel` on, for the channels of vector v, a vector every `stride` floats;
/// returns its sum over the pixels.
template <bool all>
Vector expand_gradient(float* HWY_RESTRICT g, std::int64_t stride, const AttentionConvBackward<float>& args,
                       const Plan& plan, std::int64_t v, std::int64_t k, std::int64_t pixel,
                       std::int64_t pixels) {
    constexpr bool whole = all || max_lanes == 1;
    const ScalableTag<float> d;
    const hn::RebindToSigned<decltype(d)> d_int;
    const hn::Rebind<std::uint8_t, decltype(d)> d_byte;
    const std::int64_t channels = plan.channels(v), out_channels = plan.shape.out_channels;
    const float* HWY_RESTRICT d_out = args.d_out + pixel * out_channels + v * lanes();
    const std::uint8_t* HWY_RESTRICT active = args.active + pixel * out_channels + v * lanes();
    const auto bit = hn::Set(d_int, 1 << k);
    Vector sum = hn::Zero(d);
    for (std::int64_t p = 0; p < pixels; ++p) {
        const auto bytes = whole ? hn::LoadU(d_byte, active) : load_part(d_byte, active, channels);
        const Vector gradient = whole ? hn::LoadU(d, d_out) : load_part(d, d_out, channels);
        const auto passes = hn::RebindMask(d, hn::TestBit(hn::PromoteTo(d_int, bytes), bit));
        const Vector passed = hn::IfThenElseZero(passes, gradient);
        hn::Store(passed, d, g);
        sum = hn::Add(sum, passed);
        g += stride;
        d_out += out_channels;
        active += out_channels;
    }
    return sum;
}

/// Adds patch^T g over `rows` rows of pixels to the gradients of `filters` packed filters, for tile_taps
/// taps: d_filter is at the first of them, input[t] at tap t's input of the first pixel. Prefetches a line of
/// the next rows' d_out per pixel.
template <int filters>
HWY_INLINE void backward_tile(const Plan& plan, float* HWY_RESTRICT d_filter,
                              std::array<const float*, tile_taps> input, const float* HWY_RESTRICT g,
                              std::int64_t rows, const float* ahead) {
    const ScalableTag<float> d;
    Vector sum[filters][tile_taps];
#pragma GCC unroll 32
    for (int f = 0; f < filters; ++f)
#pragma GCC unroll 32
        for (int t = 0; t < tile_taps; ++t) sum[f][t] = hn::Load(d, d_filter + f * plan.filter + t * lanes());
    for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t column = 0; column < plan.shape.width; ++column) {
            Vector gradient[filters];
#pragma GCC unroll 32
            for (int f = 0; f < filters; ++f) gradient[f] = hn::Load(d, g + f * lanes());
#pragma GCC unroll 32
            for (int t = 0; t < tile_taps; ++t) {
                const Vector x = hn::Set(d, input[t][column]);
#pragma GCC unroll 32
                for (int f = 0; f < filters; ++f) sum[f][t] = hn::MulAdd(x, gradient[f], sum[f][t]);
            }
            g += filters * lanes();
            hwy::Prefetch(ahead);  // may be past the end: a prefetch never faults
            ahead += line;
        }
        for (const float*& tap : input) tap += plan.row;
    }
#pragma GCC unroll 32
    for (int f = 0; f < filters; ++f)
#pragma GCC unroll 32
        for (int t = 0; t < tile_taps; ++t) hn::Store(sum[f][t], d, d_filter + f * plan.filter + t * lanes());
}

/// backward_tile for all taps; planes is at the rows' first pixel. Returns how far it has prefetched.
template <int filters>
const float* backward_rows(const Plan& plan, float* d_filter, const float* planes, const float* g,
                           std::int64_t rows, const float* ahead) {
    for (std::int64_t tap = 0; tap < plan.shape.taps(); tap += tile_taps) {
        std::array<const float*, tile_taps> input{};
        for (std::size_t t = 0; t < tile_taps; ++t)
            input[t] = planes + plan.offset[static_cast<std::size_t>(tap) + t];
        backward_tile<filters>(plan, d_filter + (1 + tap) * lanes(), input, g, rows, ahead);
        ahead += rows * plan.shape.width * line;
    }
    return ahead;
}

/// For the pixels of `rows` rows from y on: g of `count` filters from `first` on, side by side, and its sums
/// added to the filters' biases. Filters are counted per vector of channels and live branch.
void expand_filters(float* g, float* d_filter, const AttentionConvBackward<float>& args, const Plan& plan,
                    std::int64_t n, const Live& live, std::int64_t first, std::int64_t count, std::int64_t y,
                    std::int64_t rows) {
    const ScalableTag<float> d;
    const std::int64_t width = plan.shape.width, pixel = (n * plan.shape.height + y) * width;
    for (std::int64_t f = 0; f < count; ++f) {
        const std::int64_t v = (first + f) / live.count;
        const std::int64_t k = live.branch[static_cast<std::size_t>((first + f) % live.count)];
        const auto expand = plan.channels(v) == lanes() ? &expand_gradient<true> : &expand_gradient<false>;
        const Vector sum = expand(g + f * lanes(), count * lanes(), args, plan, v, k, pixel, rows * width);
        float* d_bias = d_filter + f * plan.filter;
        hn::Store(hn::Add(hn::Load(d, d_bias), sum), d, d_bias);
    }
}

/// d_F of image n for the filters of its live branches: per vector of channels, branch after branch.
const float* filter_gradient(const AttentionConvBackward<float>& args, const Plan& plan, std::int64_t n,
                             const Live& live) {
    static thread_local Scratch<float> filter_scratch, gradient_scratch;
    const Conv2dShape& s = plan.shape;
    const float* planes = copy_planes(plan, args.x, n);
    const Cut row_cut(s.height, std::max<std::int64_t>(gradient_pixels / s.width, 1));
    const Cut filter_cut(plan.vectors * live.count, tile_filters);
    float* d_filters = filter_scratch.reserve(plan.filters() * plan.filter);
    float* g = gradient_scratch.reserve(tile_filters * row_cut.size * s.width * lanes());
    std::fill_n(d_filters, filter_cut.total * plan.filter, 0.0F);
    for (std::int64_t band = 0; band < row_cut.count; ++band) {
        const std::int64_t y = row_cut.begin(band), rows = row_cut.length(band);
        const float* x = planes + y * plan.row;
        const float* ahead = args.d_out + (n * s.height + y + rows) * s.width * s.out_channels;
        for (std::int64_t block = 0; block < filter_cut.count; ++block) {
            const std::int64_t first = filter_cut.begin(block), count = filter_cut.length(block);
            float* d_filter = d_filters + first * plan.filter;
            expand_filters(g, d_filter, args, plan, n, live, first, count, y, rows);
            if (count == 3) ahead = backward_rows<3>(plan, d_filter, x, g, rows, ahead);
            if (count == 2) ahead = backward_rows<2>(plan, d_filter, x, g, rows, ahead);
            if (count == 1) ahead = backward_rows<1>(plan, d_filter, x, g, rows, ahead);
        }
    }
    return d_filters;
}

/// d_a of image n, and a times d_F added to the sums d_filters.
void backward_image(const AttentionConvBackward<float>& args, const Plan& plan, const float* filters,
                    float* d_filters, std::int64_t n) {
    const Live live(args, n);
    if (live.count == 0) return;
    const ScalableTag<float> d;
    const float* d_image = filter_gradient(args, plan, n, live);
    for (std::int64_t v = 0; v < plan.vectors; ++v) {
        for (std::int64_t j = 0; j < live.count; ++j) {
            const std::int64_t k = live.branch[static_cast<std::size_t>(j)];
            const std::int64_t place = (v * branches + k) * plan.filter;
            const Vector a = hn::Set(d, args.a[n * branches + k]);
            Vector sum = hn::Zero(d);
            for (std::int64_t i = 0; i < plan.filter; i += lanes()) {
                const Vector gradient = hn::Load(d, d_image + i);
                sum = hn::MulAdd(gradient, hn::Load(d, filters + place + i), sum);
                float* target = d_filters + place + i;
                hn::Store(hn::MulAdd(a, gradient, hn::Load(d, target)), d, target);
            }
            args.d_a[n * branches + k] += hn::GetLane(hn::SumOfLanes(d, sum));
            d_image += plan.filter;
        }
    }
}

/// d_weight and d_bias: the parts' sums, in order.
void add_filters(const AttentionConvBackward<float>& args, const Plan& plan, float* d_filters,
                 std::int64_t parts) {
    parallel_for(plan.filters(), [&](std::int64_t f) {
        const std::int64_t v = f / branches;
        const auto k = static_cast<std::size_t>(f % branches);
        float* sum = d_filters + f * plan.filter;
        for (std::int64_t part = 1; part < parts; ++part)
            for (std::int64_t i = 0; i < plan.filter; ++i)
                sum[i] += d_filters[(part * plan.filters() + f) * plan.filter + i];
        for (std::int64_t lane = 0; lane < plan.channels(v); ++lane)
            args.d_bias[k][v * lanes() + lane] += sum[lane];
        for_each_weight(plan, v, [&](std::int64_t i, std::int64_t w) { args.d_weight[k][w] += sum[i]; });
    });
}

void backward(const AttentionConvBackward<float>& args) {
    static thread_local Scratch<float> scratch;
    if (args.shape.rows() == 0) return;
    const Plan plan(args.shape);
    const float* filters = pack_filters(plan, args.weight, args.bias);
    const std::int64_t part_size = plan.filters() * plan.filter;
    const Cut cut(args.shape.images, (args.shape.images + 31) / 32);
    float* d_filters = scratch.reserve(cut.count * part_size);
    parallel_for(cut.count, [&](std::int64_t part) {
        float* sums = d_filters + part * part_size;
        std::fill_n(sums, part_size, 0.0F);
        for (std::int64_t n = cut.begin(part); n < cut.begin(part) + cut.length(part); ++n)
            backward_image(args, plan, filters, sums, n);
    });
    add_filters(args, plan, d_filters, cut.count);
}

}  // namespace
}  // namespace kernels::cpu::direct::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels::cpu::direct {
namespace {
HWY_EXPORT(forward);
HWY_EXPORT(backward);
}  // namespace

void attention_conv_forward(const AttentionConvForward<float>& args) { HWY_DYNAMIC_DISPATCH(forward)(args); }

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    // Images are data and want no gradient; in the rare case that one is wanted, speed matters less.
    if (args.d_x) return patches::attention_conv_backward(args);
    HWY_DYNAMIC_DISPATCH(backward)(args);
}

}  // namespace kernels::cpu::direct
#endif
