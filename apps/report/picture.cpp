#include "apps/report/picture.h"

#include <algorithm>
#include <cmath>

#include <stb_image_write.h>

namespace apps {
namespace {

constexpr int rgb = 3, rgba = 4;

std::string base64(std::span<const std::uint8_t> bytes) {
    constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0U);
        for (std::size_t j = 0; j < 4; ++j) text += j <= count ? digits[group >> (18 - 6 * j) & 0x3FU] : '=';
    }
    return text;
}

/// -largest is black, 0 grey, largest white.
std::uint8_t shade(float weight, float largest) {
    constexpr float grey = 127.5F;
    const float scaled = largest > 0 ? weight / largest : 0.0F;
    return static_cast<std::uint8_t>(std::lround(grey + grey * std::clamp(scaled, -1.0F, 1.0F)));
}

}  // namespace

Picture filter_sheet(std::span<const float> filters, int side) {
    constexpr int columns = 8;
    const std::int64_t pixels = std::int64_t{side} * side;
    const int count = static_cast<int>(filters.size()) / (side * side * rgb);
    const int across = std::min(count, columns), down = (count + columns - 1) / columns;
    Picture sheet{down * (side + 1) - 1, across * (side + 1) - 1, rgba, {}};
    sheet.bytes.assign(static_cast<std::size_t>(std::int64_t{sheet.height} * sheet.width * rgba),
                       0);  // transparent
    for (std::int64_t i = 0; i < count; ++i) {
        const auto filter = filters.subspan(static_cast<std::size_t>(i * pixels * rgb),
                                            static_cast<std::size_t>(pixels * rgb));
        float largest = 0;
        for (const float weight : filter) largest = std::max(largest, std::abs(weight));
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
            const std::int64_t y = i / columns * (side + 1) + pixel / side,
                               x = i % columns * (side + 1) + pixel % side;
            std::uint8_t* out = &sheet.bytes[static_cast<std::size_t>((y * sheet.width + x) * rgba)];
            for (std::int64_t c = 0; c < rgb; ++c)
                out[c] = shade(filter[static_cast<std::size_t>(pixel * rgb + c)], largest);
            out[rgb] = 255;
        }
    }
    return sheet;
}

std::string png_base64(const Picture& picture) {
    std::vector<std::uint8_t> file;
    const auto append = [](void* context, void* data, int size) {
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        static_cast<std::vector<std::uint8_t>*>(context)->insert(
            static_cast<std::vector<std::uint8_t>*>(context)->end(), bytes, bytes + size);
    };
    stbi_write_png_to_func(append, &file, picture.width, picture.height, picture.channels,
                           picture.bytes.data(), picture.width * picture.channels);
    return base64(file);
}

}  // namespace apps
