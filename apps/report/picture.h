#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace apps {

/// Bytes of a picture, (height, width, channels): RGB or RGBA.
struct Picture {
    int height, width, channels;
    std::vector<std::uint8_t> bytes;
};

/// Filters on RGB images, (side, side, 3) floats each, one after the other, as tiles of a sheet with a free
/// pixel between. Grey is 0; each filter is scaled to its own largest weight.
Picture filter_sheet(std::span<const float> filters, int side);

/// As a PNG file (W3C, "Portable Network Graphics", 2003), in base64 (RFC 4648).
std::string png_base64(const Picture& picture);

}  // namespace apps
