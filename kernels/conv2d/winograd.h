#pragma once

#include <cstdint>

#include "kernels/conv2d/conv2d.h"

/// Convolution with fewer multiplications (Winograd, "Arithmetic complexity of computations", 1980; for
/// networks Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016). A tile of the
/// output is Y = A^T [(G g G^T) . (B^T d B)] A, where d is the input under the tile, g the filter, and `.`
/// the product element by element, at `points`^2 positions; summed over channels, each position is a matrix
/// product of its own. docs/winograd.md derives the matrices and shows their error.
namespace kernels::cpu {

/// How an image is cut into tiles. Two forms, for 3x3 filters with stride 1 and padding 1:
/// - tiles of 4x4 outputs from 6x6 inputs, 36 products instead of 144;
/// - the whole of a 2x2 image, 9 products instead of the 16 whose input is not padding.
struct WinogradTiling {
    std::int64_t height, width;  ///< of the image
    bool whole_image;            ///< the second form
    std::int64_t points;         ///< positions of a tile along one side
    std::int64_t in, out;        ///< its inputs and outputs along one side
    std::int64_t halo;           ///< inputs before its first output
    std::int64_t rows, columns;  ///< tiles of an image

    explicit constexpr WinogradTiling(const Conv2dShape& shape)
        : height(shape.height),
          width(shape.width),
          whole_image(height == 2 && width == 2),
          points(whole_image ? 3 : 6),
          in(whole_image ? 2 : 6),
          out(whole_image ? 2 : 4),
          halo(whole_image ? 0 : 1),
          rows((height + out - 1) / out),
          columns((width + out - 1) / out) {}

    constexpr std::int64_t positions() const { return points * points; }
    constexpr std::int64_t tiles() const { return rows * columns; }
    constexpr std::int64_t pixels() const { return height * width; }

    /// Input (i, j) of a tile as an offset in pixels of the image, or -1 outside.
    constexpr std::int64_t input_pixel(std::int64_t tile, std::int64_t i, std::int64_t j) const {
        return pixel(tile / columns * out - halo + i, tile % columns * out - halo + j);
    }
    /// Output (i, j) of a tile, likewise.
    constexpr std::int64_t output_pixel(std::int64_t tile, std::int64_t i, std::int64_t j) const {
        return pixel(tile / columns * out + i, tile % columns * out + j);
    }

  private:
    constexpr std::int64_t pixel(std::int64_t row, std::int64_t column) const {
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? row * width + column : -1;
    }
};

/// Whether the formulas hold for this convolution, and take at most two thirds of its multiplications.
constexpr bool winograd_pays(const Conv2dShape& shape) {
    if (shape.kernel != 3 || shape.stride != 1 || shape.padding != 1) return false;
    if (shape.height < 2 || shape.width < 2) return false;
    const WinogradTiling tiling(shape);
    return 3 * tiling.tiles() * tiling.positions() <= 2 * 9 * shape.height * shape.width;
}

}  // namespace kernels::cpu
