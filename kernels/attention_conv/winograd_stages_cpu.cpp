#include <algorithm>

#include "kernels/attention_conv/winograd_stages.h"
#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_conv/winograd_stages_cpu.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/conv2d/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using cpu::winograd::Images;
using cpu::winograd::Positions;
using cpu::winograd::Tiles;
using V = WinogradVector;

constexpr WinogradTag tag;
constexpr hn::RebindToSigned<WinogradTag> int_tag;
constexpr hn::Rebind<std::uint8_t, WinogradTag> byte_tag;
using Integers = hn::Vec<hn::RebindToSigned<WinogradTag>>;

HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(tag)); }

/// Where a row of the matrix at the first position has channel c, which begins a vector.
template <typename T>
HWY_INLINE T* place(const Positions<T>& p, std::int64_t row, std::int64_t c) {
    const std::int64_t panel_width = 2 * lanes();
    return p.data + row * p.row + c / panel_width * p.panel + c % panel_width;
}

/// Up to a vector of channels. `whole` spares the mask where there are as many as the machine has lanes.
template <bool whole>
struct Channels {
    std::int64_t count;

    HWY_INLINE V load(const float* p) const {
        if constexpr (whole) return hn::LoadU(tag, p);
#if HWY_MEM_OPS_MIGHT_FAULT
        HWY_ALIGN float all[HWY_LANES(float)] = {};
        std::copy_n(p, count, all);
        return hn::Load(tag, all);
#else
        return hn::MaskedLoad(hn::FirstN(tag, static_cast<std::size_t>(count)), tag, p);
#endif
    }
    HWY_INLINE void store(V v, float* p) const {
        if constexpr (whole) return hn::StoreU(v, tag, p);
        HWY_ALIGN float all[HWY_LANES(float)];
        hn::Store(v, tag, all);
        std::copy_n(all, count, p);
    }
    HWY_INLINE Integers load_bytes(const std::uint8_t* p) const {
        if constexpr (whole) return hn::PromoteTo(int_tag, hn::LoadU(byte_tag, p));
        HWY_ALIGN std::uint8_t all[HWY_LANES(float)] = {};
        std::copy_n(p, count, all);
        return hn::PromoteTo(int_tag, hn::Load(byte_tag, all));
    }
    HWY_INLINE void store_bytes(Integers v, std::uint8_t* p) const {
        if constexpr (whole) return hn::StoreU(hn::DemoteTo(byte_tag, v), byte_tag, p);
        HWY_ALIGN std::uint8_t all[HWY_LANES(float)];
        hn::Store(hn::DemoteTo(byte_tag, v), byte_tag, all);
        std::copy_n(all, count, p);
    }
};

/// Calls body(channels, c) for each vector of channels in [0, count).
template <typename Body>
HWY_INLINE void for_each_channel_vector(std::int64_t count, const Body& body) {
    std::int64_t c = 0;
    for (; c + lanes() <= count; c += lanes()) body(Channels<true>{lanes()}, c);
    if (HWY_LANES(float) > 1 && c < count) body(Channels<false>{count - c}, c);
}

/// Calls body with the form of the tiling as a type.
template <typename Body>
HWY_INLINE void with_form(bool whole_image, const Body& body) {
    whole_image ? body(WinogradImage2()) : body(WinogradTile4());
}

/// Calls body(n, tile, row) for every tile of every image in the list; row counts them. The pixels of a tile
/// lie scattered, so that the processor does not see which come next: soon(n, tile) is called some tiles
/// ahead, to ask for them.
template <typename Soon, typename Body>
HWY_INLINE void for_each_tile(const Tiles& tiles, Images images, const Soon& soon, const Body& body) {
    constexpr std::int64_t ahead = 3;
    const std::int64_t count = tiles.tiles();
    std::int64_t row = 0, next_n = ahead / count, next_tile = ahead % count;
    for (std::int64_t n = 0; n < images.count; ++n) {
        for (std::int64_t tile = 0; tile < count; ++tile) {
            if (next_n < images.count) soon(next_n, next_tile);
            if (++next_tile == count) {
                next_tile = 0;
                ++next_n;
            }
            body(n, tile, row++);
        }
    }
}

/// Asks for `count` values from `offset` on of each of some pixels, which are `stride` apart; null has none.
template <int Pixels, typename T>
HWY_INLINE void prefetch_pixels(const T* values, std::int64_t offset, const std::int32_t* pixels,
                                std::int64_t stride, std::int64_t count) {
    constexpr auto line = static_cast<std::int64_t>(64 / sizeof(T));
    if (values == nullptr) return;
    for (int i = 0; i < Pixels; ++i) {
        if (pixels[i] < 0) continue;
        for (std::int64_t c = 0; c < count; c += line)
            hwy::Prefetch(values + offset + pixels[i] * stride + c);
    }
}

/// What for_each_tile calls some tiles ahead: asks for channels [begin, begin + count) of a tile's pixels, in
/// arrays of images with `stride` channels. `pixels` is the table of its inputs or outputs.
template <int Pixels, typename... T>
HWY_INLINE auto prefetch_tiles(const Tiles& tiles, Images images, const std::int32_t* pixels,
                               std::int64_t stride, std::int64_t begin, std::int64_t count,
                               const T*... arrays) {
    return [=](std::int64_t n, std::int64_t tile) HWY_ATTR {
        const std::int64_t offset = images.index[n] * tiles.pixels() * stride + begin;
        (prefetch_pixels<Pixels>(arrays, offset, pixels + tile * Pixels, stride, count), ...);
    };
}

/// Writes the positions of a transformed tile, from `first` on.
template <int Points>
HWY_INLINE void store_positions(const V (&tile)[Points][Points], float* first, std::int64_t position) {
#pragma GCC unroll 6
    for (int p = 0; p < Points; ++p)
#pragma GCC unroll 6
        for (int q = 0; q < Points; ++q) hn::StoreU(tile[p][q], tag, first + (p * Points + q) * position);
}
template <int Points>
HWY_INLINE void load_positions(V (&tile)[Points][Points], const float* first, std::int64_t position) {
#pragma GCC unroll 6
    for (int p = 0; p < Points; ++p)
#pragma GCC unroll 6
        for (int q = 0; q < Points; ++q) tile[p][q] = hn::LoadU(tag, first + (p * Points + q) * position);
}

// The filters' own layout has in_channels innermost; here vectors run across filters. Squares of as many
// channels as filters are copied together first: from where they are, a gather would find all its cache lines
// in few sets.
void transform_filters(Positions<float> u, const float* weight, const Conv2dShape& s, bool whole_image,
                       std::int64_t begin, std::int64_t count) {
    with_form(whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        HWY_ALIGN float squares[9][HWY_LANES(float)][HWY_LANES(float)] = {};
        const Integers places = hn::Mul(hn::Iota(int_tag, 0), hn::Set(int_tag, HWY_LANES(float)));
        for (std::int64_t c = 0; c < count; c += lanes()) {
            const std::int64_t filters = std::min(lanes(), count - c);
            for_each_channel_vector(s.in_channels, [&](auto channels, std::int64_t k) HWY_ATTR {
                for (std::int64_t filter = 0; filter < filters; ++filter)
                    for (int tap = 0; tap < 9; ++tap)
                        hn::Store(
                            channels.load(weight + (begin + c + filter) * s.taps() + tap * s.in_channels + k),
                            tag, squares[tap][filter]);
                for (std::int64_t i = 0; i < channels.count; ++i) {
                    V g[3][3], transformed[Form::points][Form::points];
#pragma GCC unroll 9
                    for (int tap = 0; tap < 9; ++tap)
                        g[tap / 3][tap % 3] = hn::GatherIndex(tag, &squares[tap][0][i], places);
                    transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::filter(in, out); }, g,
                                   transformed);
                    store_positions(transformed, place(u, k + i, c), u.position);
                }
            });
        }
    });
}

void transform_filters_transposed(Positions<float> u, const float* weight, const Conv2dShape& s,
                                  bool whole_image, std::int64_t begin, std::int64_t count) {
    with_form(whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        for (std::int64_t filter = begin; filter < begin + count; ++filter) {
            const float* taps = weight + filter * s.taps();
            for_each_channel_vector(s.in_channels, [&](auto channels, std::int64_t k) HWY_ATTR {
                V g[3][3], transformed[Form::points][Form::points];
#pragma GCC unroll 9
                for (int tap = 0; tap < 9; ++tap)
                    g[tap / 3][tap % 3] = channels.load(taps + tap * s.in_channels + k);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::filter(in, out); }, g,
                               transformed);
                store_positions(transformed, place(u, filter, k), u.position);
            });
        }
    });
}

void add_filter_gradient(float* d_weight, Positions<const float> du, const Conv2dShape& s, bool whole_image,
                         std::int64_t count) {
    with_form(whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        for (std::int64_t filter = 0; filter < count; ++filter) {
            float* taps = d_weight + filter * s.taps();
            for_each_channel_vector(s.in_channels, [&](auto channels, std::int64_t k) HWY_ATTR {
                V u[Form::points][Form::points], g[3][3];
                load_positions(u, place(du, filter, k), du.position);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::filter_adjoint(in, out); }, u,
                               g);
#pragma GCC unroll 9
                for (int tap = 0; tap < 9; ++tap) {
                    float* target = taps + tap * s.in_channels + k;
                    channels.store(hn::Add(channels.load(target), g[tap / 3][tap % 3]), target);
                }
            });
        }
    });
}

void transform_input(Positions<float> v, const float* x, const Tiles& tiles, Images images,
                     std::int64_t in_channels) {
    with_form(tiles.whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        constexpr int size = Form::in * Form::in;
        const auto soon =
            prefetch_tiles<size>(tiles, images, tiles.input_pixels, in_channels, 0, in_channels, x);
        for_each_tile(tiles, images, soon, [&](std::int64_t n, std::int64_t tile, std::int64_t row) HWY_ATTR {
            const float* image = x + images.index[n] * tiles.pixels() * in_channels;
            const std::int32_t* pixels = tiles.input_pixels + tile * size;
            const float* from[size];
            for (int i = 0; i < size; ++i)
                from[i] = pixels[i] < 0 ? tiles.zeros : image + pixels[i] * in_channels;
            for_each_channel_vector(in_channels, [&](auto channels, std::int64_t c) HWY_ATTR {
                V d[Form::in][Form::in], transformed[Form::points][Form::points];
#pragma GCC unroll 36
                for (int i = 0; i < size; ++i) d[i / Form::in][i % Form::in] = channels.load(from[i] + c);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::input(in, out); }, d,
                               transformed);
                store_positions(transformed, place(v, row, c), v.position);
            });
        });
    });
}

/// Whether no branch before this one takes part in the image.
HWY_INLINE bool is_first(const AttentionConvForward<float>& args, std::int64_t image, int branch) {
    for (int k = 0; k < branch; ++k)
        if (takes_part(args, image, k)) return false;
    return true;
}

void combine_branch(const AttentionConvForward<float>& args, int branch, const Tiles& tiles, Images images,
                    Positions<const float> m, std::int64_t begin, std::int64_t count) {
    const float* bias = args.bias[static_cast<std::size_t>(branch)] + begin;
    with_form(tiles.whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        constexpr int size = Form::out * Form::out;
        const auto soon = prefetch_tiles<size>(tiles, images, tiles.output_pixels, args.shape.out_channels,
                                               begin, count, args.out, args.active);
        for_each_tile(tiles, images, soon, [&](std::int64_t n, std::int64_t tile, std::int64_t row) HWY_ATTR {
            const std::int64_t image = images.index[n], stride = args.shape.out_channels;
            const std::int64_t offset = image * tiles.pixels() * stride + begin;
            const std::int32_t* pixels = tiles.output_pixels + tile * size;
            const V a = hn::Set(tag, args.a[image * branches + branch]);
            const Integers bit = hn::Set(int_tag, 1 << branch);
            const bool first = is_first(args, image, branch);
            for_each_channel_vector(count, [&](auto channels, std::int64_t c) HWY_ATTR {
                V products[Form::points][Form::points], z[Form::out][Form::out];
                load_positions(products, place(m, row, c), m.position);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::output(in, out); }, products,
                               z);
                const V b = channels.load(bias + c);
#pragma GCC unroll 16
                for (int i = 0; i < size; ++i) {
                    if (pixels[i] < 0) continue;
                    float* out = args.out + offset + pixels[i] * stride + c;
                    std::uint8_t* active = args.active + offset + pixels[i] * stride + c;
                    const V sum = hn::Add(z[i / Form::out][i % Form::out], b);
                    const V relu = hn::IfThenZeroElse(hn::Le(sum, hn::Zero(tag)), sum);  // NaN stays NaN
                    const auto positive = hn::RebindMask(int_tag, hn::Gt(sum, hn::Zero(tag)));
                    const V before = first ? hn::Zero(tag) : channels.load(out);
                    const Integers others = first ? hn::Zero(int_tag) : channels.load_bytes(active);
                    channels.store(hn::MulAdd(a, relu, before), out);
                    channels.store_bytes(hn::Or(others, hn::IfThenElseZero(positive, bit)), active);
                }
            });
        });
    });
}

void transform_gradient(Positions<float> dm, float* sums, const AttentionConvBackward<float>& args,
                        int branch, bool scaled, const Tiles& tiles, Images images, std::int64_t begin,
                        std::int64_t count) {
    with_form(tiles.whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        constexpr int size = Form::out * Form::out;
        const auto soon = prefetch_tiles<size>(tiles, images, tiles.output_pixels, args.shape.out_channels,
                                               begin, count, args.d_out, args.active);
        for_each_tile(tiles, images, soon, [&](std::int64_t n, std::int64_t tile, std::int64_t row) HWY_ATTR {
            const std::int64_t image = images.index[n], stride = args.shape.out_channels;
            const std::int64_t offset = image * tiles.pixels() * stride + begin;
            const std::int32_t* pixels = tiles.output_pixels + tile * size;
            const V scale = hn::Set(tag, scaled ? args.a[image * branches + branch] : 1.0F);
            const Integers bit = hn::Set(int_tag, 1 << branch);
            for_each_channel_vector(count, [&](auto channels, std::int64_t c) HWY_ATTR {
                V g[Form::out][Form::out], transformed[Form::points][Form::points];
                V sum = tile == 0 ? hn::Zero(tag) : hn::LoadU(tag, sums + n * dm.row + c);
#pragma GCC unroll 16
                for (int i = 0; i < size; ++i) {
                    V& here = g[i / Form::out][i % Form::out];
                    here = hn::Zero(tag);
                    if (pixels[i] < 0) continue;
                    const std::int64_t place = offset + pixels[i] * stride + c;
                    const auto passes = hn::TestBit(channels.load_bytes(args.active + place), bit);
                    here = hn::IfThenElseZero(hn::RebindMask(tag, passes),
                                              hn::Mul(scale, channels.load(args.d_out + place)));
                    sum = hn::Add(sum, here);
                }
                hn::StoreU(sum, tag, sums + n * dm.row + c);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::output_adjoint(in, out); }, g,
                               transformed);
                store_positions(transformed, place(dm, row, c), dm.position);
            });
        });
    });
}

void add_input_gradient(double* d_a, const AttentionConvBackward<float>& args, int branch, const Tiles& tiles,
                        Images images, Positions<const float> dv, std::int64_t begin, std::int64_t count) {
    with_form(tiles.whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        constexpr int size = Form::in * Form::in;
        const auto soon = prefetch_tiles<size>(tiles, images, tiles.input_pixels, args.shape.in_channels,
                                               begin, count, args.x, args.d_x);
        for_each_tile(tiles, images, soon, [&](std::int64_t n, std::int64_t tile, std::int64_t row) HWY_ATTR {
            const std::int64_t image = images.index[n], stride = args.shape.in_channels;
            const std::int64_t offset = image * tiles.pixels() * stride + begin;
            const std::int32_t* pixels = tiles.input_pixels + tile * size;
            const V a = hn::Set(tag, args.a[image * branches + branch]);
            V dot = hn::Zero(tag);
            for_each_channel_vector(count, [&](auto channels, std::int64_t c) HWY_ATTR {
                V products[Form::points][Form::points], p[Form::in][Form::in];
                load_positions(products, place(dv, row, c), dv.position);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::input_adjoint(in, out); },
                               products, p);
#pragma GCC unroll 36
                for (int i = 0; i < size; ++i) {
                    if (pixels[i] < 0) continue;
                    const std::int64_t place = offset + pixels[i] * stride + c;
                    const V& here = p[i / Form::in][i % Form::in];
                    dot = hn::MulAdd(here, channels.load(args.x + place), dot);
                    if (args.d_x)
                        channels.store(hn::MulAdd(a, here, channels.load(args.d_x + place)),
                                       args.d_x + place);
                }
            });
            d_a[image] += hn::GetLane(hn::SumOfLanes(tag, dot));
        });
    });
}

void multiply_with_input(double* products, float* dv_sum, const Tiles& tiles, std::int64_t images,
                         Positions<const float> dv, Positions<const float> v, std::int64_t in_channels) {
    const auto add = [&](V& dot, std::int64_t p, std::int64_t row, std::int64_t c) HWY_ATTR {
        const float* gradient = place(dv, row, c) + p * dv.position;
        const V here = hn::LoadU(tag, gradient);
        dot = hn::MulAdd(here, hn::LoadU(tag, place(v, row, c) + p * v.position), dot);
        if (!dv_sum) return;
        float* sum = dv_sum + (gradient - dv.data);
        hn::StoreU(hn::Add(hn::LoadU(tag, sum), here), tag, sum);
    };
    for (std::int64_t n = 0; n < images; ++n) {
        products[n] = 0;
        for (std::int64_t p = 0; p < tiles.positions(); ++p) {
            V even = hn::Zero(tag), odd = hn::Zero(tag);  // two sums, which need not wait for each other
            for (std::int64_t row = n * tiles.tiles(); row < (n + 1) * tiles.tiles(); ++row) {
                for (std::int64_t c = 0; c < in_channels; c += 2 * lanes()) {
                    add(even, p, row, c);
                    if (c + lanes() < in_channels) add(odd, p, row, c + lanes());
                }
            }
            products[n] += hn::GetLane(hn::SumOfLanes(tag, hn::Add(even, odd)));
        }
    }
}

void add_tiles(float* d_x, const Tiles& tiles, Images images, Positions<const float> dv,
               std::int64_t in_channels) {
    with_form(tiles.whole_image, [&](auto form) HWY_ATTR {
        using Form = decltype(form);
        constexpr int size = Form::in * Form::in;
        const auto soon = prefetch_tiles<size>(tiles, images, tiles.input_pixels, in_channels, 0, in_channels,
                                               static_cast<const float*>(d_x));
        for_each_tile(tiles, images, soon, [&](std::int64_t n, std::int64_t tile, std::int64_t row) HWY_ATTR {
            float* image = d_x + images.index[n] * tiles.pixels() * in_channels;
            const std::int32_t* pixels = tiles.input_pixels + tile * size;
            for_each_channel_vector(in_channels, [&](auto channels, std::int64_t c) HWY_ATTR {
                V sums[Form::points][Form::points], p[Form::in][Form::in];
                load_positions(sums, place(dv, row, c), dv.position);
                transform_tile([](const auto& in, auto& out) HWY_ATTR { Form::input_adjoint(in, out); }, sums,
                               p);
#pragma GCC unroll 36
                for (int i = 0; i < size; ++i) {
                    if (pixels[i] < 0) continue;
                    float* target = image + pixels[i] * in_channels + c;
                    channels.store(hn::Add(channels.load(target), p[i / Form::in][i % Form::in]), target);
                }
            });
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(transform_filters);
HWY_EXPORT(transform_filters_transposed);
HWY_EXPORT(add_filter_gradient);
HWY_EXPORT(transform_input);
HWY_EXPORT(combine_branch);
HWY_EXPORT(transform_gradient);
HWY_EXPORT(add_input_gradient);
HWY_EXPORT(multiply_with_input);
HWY_EXPORT(add_tiles);

namespace cpu {

void winograd::transform_filters(Positions<float> u, const float* weight, const Conv2dShape& shape,
                                 bool whole_image, std::int64_t begin, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(transform_filters)(u, weight, shape, whole_image, begin, count);
}

void winograd::transform_filters_transposed(Positions<float> u, const float* weight, const Conv2dShape& shape,
                                            bool whole_image, std::int64_t begin, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(transform_filters_transposed)(u, weight, shape, whole_image, begin, count);
}

void winograd::add_filter_gradient(float* d_weight, Positions<const float> du, const Conv2dShape& shape,
                                   bool whole_image, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(add_filter_gradient)(d_weight, du, shape, whole_image, count);
}

void winograd::transform_input(Positions<float> v, const float* x, const Tiles& tiles, Images images,
                               std::int64_t in_channels) {
    HWY_DYNAMIC_DISPATCH(transform_input)(v, x, tiles, images, in_channels);
}

void winograd::combine_branch(const AttentionConvForward<float>& args, int branch, const Tiles& tiles,
                              Images images, Positions<const float> m, std::int64_t begin,
                              std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(combine_branch)(args, branch, tiles, images, m, begin, count);
}

void winograd::transform_gradient(Positions<float> dm, float* sums, const AttentionConvBackward<float>& args,
                                  int branch, bool scaled, const Tiles& tiles, Images images,
                                  std::int64_t begin, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(transform_gradient)(dm, sums, args, branch, scaled, tiles, images, begin, count);
}

void winograd::add_input_gradient(double* d_a, const AttentionConvBackward<float>& args, int branch,
                                  const Tiles& tiles, Images images, Positions<const float> dv,
                                  std::int64_t begin, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(add_input_gradient)(d_a, args, branch, tiles, images, dv, begin, count);
}

void winograd::multiply_with_input(double* products, float* dv_sum, const Tiles& tiles, std::int64_t images,
                                   Positions<const float> dv, Positions<const float> v,
                                   std::int64_t in_channels) {
    HWY_DYNAMIC_DISPATCH(multiply_with_input)(products, dv_sum, tiles, images, dv, v, in_channels);
}

void winograd::add_tiles(float* d_x, const Tiles& tiles, Images images, Positions<const float> dv,
                         std::int64_t in_channels) {
    HWY_DYNAMIC_DISPATCH(add_tiles)(d_x, tiles, images, dv, in_channels);
}

}  // namespace cpu
}  // namespace kernels
#endif
