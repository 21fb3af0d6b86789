#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/conv2d/conv2d.h"

/// The shapes that ops have in the network, at batch 128.
namespace bench {

inline constexpr std::int64_t batch = 128;
/// Images that the plain loops of the reference are timed on: at 128 one call would take seconds.
inline constexpr std::int64_t reference_batch = 2;

/// The convolutions of all blocks: at the default widths 32,64,128,256,256, then at 64,128,256,512,512.
inline std::vector<kernels::Conv2dShape> network_convolutions(std::int64_t images = batch) {
    std::vector<kernels::Conv2dShape> shapes;
    for (const auto& widths : {std::vector<std::int64_t>{32, 64, 128, 256, 256}, {64, 128, 256, 512, 512}}) {
        std::int64_t channels = 3, side = 32;
        for (const std::int64_t width : widths) {
            shapes.push_back({images, side, side, channels, width});
            channels = width;
            side /= 2;
        }
    }
    return shapes;
}

/// "128x16x16x32to64"
inline std::string text(const kernels::Conv2dShape& s) {
    return std::to_string(s.images) + "x" + std::to_string(s.height) + "x" + std::to_string(s.width) + "x" +
           std::to_string(s.in_channels) + "to" + std::to_string(s.out_channels);
}

/// "128x256"
inline std::string text(std::int64_t rows, std::int64_t features) {
    return std::to_string(rows) + "x" + std::to_string(features);
}

/// "128x16x16x64"
inline std::string text(std::int64_t images, std::int64_t side, std::int64_t channels) {
    return std::to_string(images) + "x" + std::to_string(side) + "x" + std::to_string(side) + "x" +
           std::to_string(channels);
}

inline std::int64_t x_size(const kernels::Conv2dShape& s) {
    return s.images * s.height * s.width * s.in_channels;
}
inline std::int64_t weight_size(const kernels::Conv2dShape& s) { return s.out_channels * s.taps(); }
inline std::int64_t out_size(const kernels::Conv2dShape& s) { return s.rows() * s.out_channels; }

/// Of the direct convolution, by its definition: one product, one sum for each output and tap.
inline double convolution_flops(const kernels::Conv2dShape& s) {
    return 2.0 * static_cast<double>(out_size(s)) * static_cast<double>(s.taps());
}

/// Bytes of that many floats.
inline double float_bytes(std::int64_t count) { return 4.0 * static_cast<double>(count); }

}  // namespace bench
