#pragma once

#include <cstdint>

#include "kernels/attention_conv/attention_conv.h"
#include "kernels/conv2d/winograd.h"

/// The steps of attention_conv by Winograd's algorithm on either side of the matrix products, each for one
/// branch on one thread. Channels run along vectors.
namespace kernels::cpu::winograd {

/// A matrix for each position of a tile. Its rows, its panels of gemm_panel_width() columns and the matrices
/// lie `row`, `panel` and `position` floats apart.
template <typename T>
struct Positions {
    T* data;
    std::int64_t row, panel, position;
};

/// A tiling with what the transforms look up, tile by tile and row-major within: the pixels under a tile's
/// inputs and outputs, -1 outside the image.
struct Tiles : WinogradTiling {
    const std::int32_t* input_pixels;
    const std::int32_t* output_pixels;
    const float* zeros;  ///< in place of pixels outside the image: at least in_channels
};

/// The images of a slice in which one branch takes part.
struct Images {
    const std::int64_t* index;
    std::int64_t count;
};

/// U = G g G^T for filters [begin, begin + count) of a branch: (in_channels, filters) at each position, what
/// the forward multiplies with.
void transform_filters(Positions<float> u, const float* weight, const Conv2dShape& shape, bool whole_image,
                       std::int64_t begin, std::int64_t count);

/// The same as (filters, in_channels), what the backward multiplies with; row 0 belongs to filter 0.
void transform_filters_transposed(Positions<float> u, const float* weight, const Conv2dShape& shape,
                                  bool whole_image, std::int64_t begin, std::int64_t count);

/// d_weight += G^T dU G for `count` filters; dU is (filters, in_channels) at each position.
void add_filter_gradient(float* d_weight, Positions<const float> du, const Conv2dShape& shape,
                         bool whole_image, std::int64_t count);

/// V = B^T d B: a row of in_channels for each tile of each image.
void transform_input(Positions<float> v, const float* x, const Tiles& tiles, Images images,
                     std::int64_t in_channels);

/// Adds a_k relu(A^T M A + b_k) to channels [begin, begin + count) of out, and the branch's bit to active;
/// the first branch that takes part in an image writes instead.
void combine_branch(const AttentionConvForward<float>& args, int branch, const Tiles& tiles, Images images,
                    Positions<const float> m, std::int64_t begin, std::int64_t count);

/// dM = A (s g_k) A^T for channels [begin, begin + count), where s is a_k if `scaled`, else 1; `sums` are
/// those of s g_k over the pixels, (images, count) with rows dm.row apart.
void transform_gradient(Positions<float> dm, float* sums, const AttentionConvBackward<float>& args,
                        int branch, bool scaled, const Tiles& tiles, Images images, std::int64_t begin,
                        std::int64_t count);

/// With P = B dV B^T: adds a_k P to channels [begin, begin + count) of d_x, unless that is null, and <P, d>
/// to d_a, which has a number for each image of the batch.
void add_input_gradient(double* d_a, const AttentionConvBackward<float>& args, int branch, const Tiles& tiles,
                        Images images, Positions<const float> dv, std::int64_t begin, std::int64_t count);

/// <dV, V> of each image, to `products`, and dV added to dv_sum, which lies like dv, unless that is null. All
/// have rows of in_channels for the tiles of `images` images.
void multiply_with_input(double* products, float* dv_sum, const Tiles& tiles, std::int64_t images,
                         Positions<const float> dv, Positions<const float> v, std::int64_t in_channels);

/// Adds B dV B^T to d_x.
void add_tiles(float* d_x, const Tiles& tiles, Images images, Positions<const float> dv,
               std::int64_t in_channels);

}  // namespace kernels::cpu::winograd
