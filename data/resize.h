#pragma once

#include <cstdint>

#include "data/picture.h"

namespace data {

/// How a picture is brought into a square.
enum class Fit {
    crop,    ///< the largest square in its middle
    stretch  ///< all of it, whatever its shape
};

/// Brings a picture to side x side pixels, and writes them to out (side, side, 3). Each pixel is the mean of
/// those it covers and of as many beside them, the near ones counting more: a triangle as wide as two pixels
/// of the result, or of the picture where that is enlarged. So nothing finer than the result can show is left
/// to flicker (antialiasing). It is what Pillow's resize(BILINEAR) and torchvision's Resize do, up to
/// rounding. A picture that has the size already stays as it is, bit for bit.
void resize(const Picture& picture, Fit fit, std::int64_t side, std::uint8_t* out);

}  // namespace data
