#pragma once

#include <cstdint>

#include "kernels/attention_conv/attention_conv.h"
#include "kernels/conv2d/index_maps.cuh"
#include "kernels/gemm/layout.cuh"

/// The factors a_k of images, the sources of g_k, and which branches a block can leave out.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// a (images, branches) for pixels that are numbered over all images.
struct Factors {
    const float* a;
    bool rectified;
    int count;  ///< of pixels
    Divisor by_image;

    Factors(const float* factors, bool are_rectified, std::int64_t images, std::int64_t pixels_per_image)
        : a(factors),
          rectified(are_rectified),
          count(static_cast<int>(images * pixels_per_image)),
          by_image(pixels_per_image) {}

    __device__ __forceinline__ const float* of_pixel(int pixel) const {
        return a + std::int64_t{by_image.divide(pixel).quotient} * branches;
    }
    /// takes_part of attention_conv.h.
    __device__ __forceinline__ bool takes_part(float factor) const { return !rectified || factor != 0; }
    /// The branches that have a part in any of the pixels from `first` to `last`, as a mask.
    __device__ __forceinline__ unsigned live(int first, int last) const {
        constexpr unsigned all = (1U << branches) - 1;
        if (!rectified) return all;
        const float* end = of_pixel(min(last, count - 1)) + branches;
        unsigned mask = 0;
        for (const float* image = of_pixel(first); image < end && mask != all; image += branches) {
            CIFAR_UNROLL
            for (int k = 0; k < branches; ++k) mask |= static_cast<unsigned>(image[k] != 0) << k;
        }
        return mask;
    }
};

/// Rows of the product are pixels: a block knows its branches from the start.
struct LiveInRows {
    Factors factors;
    __device__ __forceinline__ unsigned of_rows(int first, int rows) const {
        return factors.live(first, first + rows - 1);
    }
    __device__ __forceinline__ unsigned of_slice(unsigned live, int) const { return live; }
};

/// The depth of the product are pixels: each slice has branches of its own.
template <int slice>
struct LiveInDepth {
    Factors factors;
    __device__ __forceinline__ unsigned of_rows(int, int) const { return (1U << branches) - 1; }
    __device__ __forceinline__ unsigned of_slice(unsigned, int first) const {
        return factors.live(first, first + slice - 1);
    }
};

/// A of d_x, one for each branch: (pixel of x, (r, s, o)) -> g_k.
struct GradientsOfPixel : OutputsOfPixel<float> {
    static constexpr bool weighted = false;
    const std::uint8_t* active;

    GradientsOfPixel(const AttentionConvBackward<float>& args, std::int64_t padded)
        : OutputsOfPixel<float>(args.d_out, args.shape, args.shape.out_channels, padded),
          active(args.active) {}
    __device__ __forceinline__ int channels_from(const Outer&, const Inner& tap) const {
        return channels - tap.channel;
    }
};

/// A of d_weight, one for each branch: (output channel, output pixel) -> a_k g_k.
struct WeightedGradients : OutputColumns<float> {
    static constexpr bool weighted = true;
    const std::uint8_t* active;
    Factors images;

    WeightedGradients(const AttentionConvBackward<float>& args, const Factors& factors)
        : OutputColumns<float>{args.d_out, static_cast<int>(args.shape.out_channels),
                               static_cast<int>(args.shape.rows())},
          active(args.active),
          images(factors) {}
    __device__ __forceinline__ int channels_from(Outer channel, Inner) const { return channels - channel; }
    __device__ __forceinline__ const float* factors(Inner pixel) const {
        return pixel < 0 ? nullptr : images.of_pixel(pixel);
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
