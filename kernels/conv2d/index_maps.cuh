#pragma once

#include "kernels/common/cuda.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/gemm/divisor.cuh"

/// Where the elements of the matrices stand that a convolution is the product of: sources for the loaders of
/// kernels/gemm/loader.cuh. Nothing of these matrices stands in memory as such. A tap is (filter row r,
/// filter column s, channel), channels side by side; a pixel is (image, y, x).
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// A coordinate that is in no image: whatever is added to it stays out.
inline constexpr int nowhere = -(1 << 30);

struct Pixel {
    int image, y, x;
};
struct Tap {
    int row, column, channel;
};

/// Pixels in the order of memory.
struct PixelMap {
    Divisor by_image, by_row;
    int count;

    PixelMap(std::int64_t images, std::int64_t height, std::int64_t width)
        : by_image(height * width), by_row(width), count(static_cast<int>(images * height * width)) {}
    __device__ __forceinline__ Pixel pixel(int index) const {
        if (index >= count) return {0, nowhere, nowhere};
        const auto [image, rest] = by_image.divide(index);
        const auto [y, x] = by_row.divide(rest);
        return {image, y, x};
    }
};

/// Taps in the order of memory.
struct TapMap {
    Divisor by_channels, by_kernel;
    int count;

    TapMap(std::int64_t kernel, std::int64_t channels)
        : by_channels(channels), by_kernel(kernel), count(static_cast<int>(kernel * kernel * channels)) {}
    __device__ __forceinline__ Tap tap(int index) const {
        if (index >= count) return {nowhere, nowhere, 0};
        const auto [place, channel] = by_channels.divide(index);
        const auto [row, column] = by_kernel.divide(place);
        return {row, column, channel};
    }
};

/// The patches of x: (output pixel, tap) -> x[n, y*stride + r - padding, x*stride + s - padding, channel].
template <typename T>
struct Patches {
    const T* x;
    int height, width, channels, stride, padding;
    PixelMap pixels;
    TapMap taps;

    Patches(const T* input, const Conv2dShape& s, std::int64_t stored_channels)
        : x(input),
          height(static_cast<int>(s.height)),
          width(static_cast<int>(s.width)),
          channels(static_cast<int>(stored_channels)),
          stride(static_cast<int>(s.stride)),
          padding(static_cast<int>(s.padding)),
          pixels(s.images, s.out_height(), s.out_width()),
          taps(s.kernel, stored_channels) {}

    /// The pixel of x under the filter's first row and column.
    __device__ __forceinline__ Pixel pixel(int index) const {
        const Pixel p = pixels.pixel(index);
        if (p.y == nowhere) return p;
        return {p.image, p.y * stride - padding, p.x * stride - padding};
    }
    __device__ __forceinline__ const T* at(const Pixel& pixel, const Tap& tap) const {
        const int y = pixel.y + tap.row, column = pixel.x + tap.column;
        if (static_cast<unsigned>(y) >= static_cast<unsigned>(height) ||
            static_cast<unsigned>(column) >= static_cast<unsigned>(width))
            return nullptr;
        return x + ((std::int64_t{pixel.image} * height + y) * width + column) * channels + tap.channel;
    }
};

/// A of the forward: rows are output pixels, the depth runs over taps.
template <typename T>
struct PatchRows : Patches<T> {
    using Patches<T>::Patches;
    using Outer = Pixel;
    using Inner = Tap;
    __device__ __forceinline__ Outer outer(int index) const { return this->pixel(index); }
    __device__ __forceinline__ Inner inner(int index) const { return this->taps.tap(index); }
    __device__ __forceinline__ const T* at(const Outer& pixel, const Inner& tap, int) const {
        return Patches<T>::at(pixel, tap);
    }
};

/// B of the filters' gradient: columns are taps, the depth runs over output pixels.
template <typename T>
struct PatchColumns : Patches<T> {
    using Patches<T>::Patches;
    using Outer = Tap;
    using Inner = Pixel;
    __device__ __forceinline__ Outer outer(int index) const { return this->taps.tap(index); }
    __device__ __forceinline__ Inner inner(int index) const { return this->pixel(index); }
    __device__ __forceinline__ const T* at(const Outer& tap, const Inner& pixel, int) const {
        return Patches<T>::at(pixel, tap);
    }
};

/// A of d_x: rows are pixels of x, the depth runs over (r, s, output channel):
///   (pixel, (r, s, o)) -> d_out[n, (y + padding - r) / stride, (x + padding - s) / stride, o]
/// where the divisions leave no rest: the outputs that this pixel had a part in. Channels are numbered to
/// `padded`; from `channels` on there are none.
template <typename T>
struct OutputsOfPixel {
    using Outer = Pixel;
    using Inner = Tap;
    const T* d_out;
    int height, width, channels, stride, padding;
    Divisor by_stride;
    PixelMap pixels;
    TapMap taps;

    OutputsOfPixel(const T* gradient, const Conv2dShape& s, std::int64_t stored_channels, std::int64_t padded)
        : d_out(gradient),
          height(static_cast<int>(s.out_height())),
          width(static_cast<int>(s.out_width())),
          channels(static_cast<int>(stored_channels)),
          stride(static_cast<int>(s.stride)),
          padding(static_cast<int>(s.padding)),
          by_stride(s.stride),
          pixels(s.images, s.height, s.width),
          taps(s.kernel, padded) {}

    __device__ __forceinline__ Outer outer(int index) const {
        const Pixel p = pixels.pixel(index);
        return {p.image, p.y + padding, p.x + padding};
    }
    __device__ __forceinline__ Inner inner(int index) const {
        const Tap tap = taps.tap(index);
        if (tap.row == nowhere) return tap;
        return {-tap.row, -tap.column, tap.channel};
    }
    __device__ __forceinline__ const T* at(const Outer& pixel, const Inner& tap, int) const {
        int y = pixel.y + tap.row, x = pixel.x + tap.column;
        if (y < 0 || x < 0) return nullptr;
        if (stride > 1) {
            const auto row = by_stride.divide(y), column = by_stride.divide(x);
            if (row.remainder != 0 || column.remainder != 0) return nullptr;
            y = row.quotient;
            x = column.quotient;
        }
        if (y >= height || x >= width) return nullptr;
        return d_out + ((std::int64_t{pixel.image} * height + y) * width + x) * channels + tap.channel;
    }
};

/// B of the forward: (output channel, tap) of `groups` filters, as they lie in memory.
template <typename T, int groups>
struct Filters {
    using Outer = int;  ///< offset, or -1
    using Inner = int;  ///< tap, or -1
    const T* weight[groups];
    int out_channels, taps;

    __device__ __forceinline__ Outer outer(int index) const {
        return index < out_channels ? index * taps : -1;
    }
    __device__ __forceinline__ Inner inner(int index) const { return index < taps ? index : -1; }
    __device__ __forceinline__ const T* at(Outer channel, Inner tap, int group) const {
        return channel < 0 || tap < 0 ? nullptr : weight[group] + channel + tap;
    }
};

/// B of d_x: (input channel, (r, s, output channel)) of the same filters. Input channels are numbered to
/// `in_channels`, as stored; output channels to `padded`, of which `out_channels` are there.
template <typename T, int groups>
struct FiltersByInput {
    using Outer = int;  ///< input channel, or -1
    using Inner = int;  ///< offset, or -1
    const T* weight[groups];
    int in_channels, out_channels, places;  ///< places: r and s together
    Divisor by_out_channels;                ///< padded

    __device__ __forceinline__ Outer outer(int index) const { return index < in_channels ? index : -1; }
    __device__ __forceinline__ Inner inner(int index) const {
        const auto [place, channel] = by_out_channels.divide(index);
        if (place >= places || channel >= out_channels) return -1;
        return (channel * places + place) * in_channels;
    }
    __device__ __forceinline__ const T* at(Outer in_channel, Inner offset, int group) const {
        return in_channel < 0 || offset < 0 ? nullptr : weight[group] + offset + in_channel;
    }
};

/// A of the filters' gradient: rows are output channels, the depth runs over output pixels.
template <typename T>
struct OutputColumns {
    using Outer = int;  ///< channel, or -1
    using Inner = int;  ///< pixel, or -1
    const T* d_out;
    int channels, pixels;  ///< channels as stored

    __device__ __forceinline__ Outer outer(int index) const { return index < channels ? index : -1; }
    __device__ __forceinline__ Inner inner(int index) const { return index < pixels ? index : -1; }
    __device__ __forceinline__ const T* at(Outer channel, Inner pixel, int) const {
        return channel < 0 || pixel < 0 ? nullptr
                                        : d_out + static_cast<std::int64_t>(pixel) * channels + channel;
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
