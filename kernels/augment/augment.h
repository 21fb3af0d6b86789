#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Where pixel (y, x) of the result of a step comes from, in an image of height x width pixels.
enum class AugmentKind : std::int32_t {
    keep,       ///< pixel (y, x)
    crop,       ///< pixel (y + top, x + left), black outside the image; the result has size x size pixels
    translate,  ///< pixel (y + top, x + left), outside its reflection in the border, whose own pixels are not
                ///< repeated; |top| < height, |left| < width
    mirror,     ///< pixel (y, width - 1 - x)
    paint,      ///< the mean in the square of size x size pixels from (top, left) on, elsewhere pixel (y, x)
};

/// One change to one image. What its kind does not mention is not looked at.
struct AugmentStep {
    AugmentKind kind;
    std::int32_t top, left, size;
    std::int32_t height, width;  ///< of the image that is changed
};

inline constexpr std::int64_t augment_most_channels = 4;

/// Images in bytes become the input of a network. Each goes through steps of its own, one after the other, as
/// numbers from 0 to 1; then
///   out = (byte / 255 - mean) / deviation
/// in float, with true divisions: bit for bit what the same chain gives on any device.
///
/// The first step changes an image of height x width pixels, each of the following ones what the step before
/// left, and the last leaves out_height x out_width pixels. Images have fewer than 2^31 bytes.
struct Augment {
    float* out;                ///< (images, out_height, out_width, channels)
    const std::uint8_t* x;     ///< (images, height, width, channels)
    const AugmentStep* steps;  ///< (images, steps_of_image)
    float mean[augment_most_channels], deviation[augment_most_channels];
    std::int64_t images, steps_of_image, height, width, out_height, out_width, channels;
};

void augment(Device device, const Augment& args);

namespace reference {
void augment(const Augment& args);
}

namespace cpu {
void augment(const Augment& args);
}

namespace cuda {
void augment(const Augment& args);
}

namespace emulated {
void augment(const Augment& args);
}

}  // namespace kernels
