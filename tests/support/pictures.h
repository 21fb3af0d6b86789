#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <stb_image_write.h>

#include "tests/support/temporary_folder.h"

namespace test {

/// An image to be written: (height, width, channels), one byte each.
struct Pixels {
    int height, width, channels;
    std::vector<std::uint8_t> bytes;
};

/// Each byte of such an image as a function of its place.
inline Pixels make_pixels(int height, int width, int channels,
                          const std::function<int(int y, int x, int channel)>& value) {
    Pixels pixels{height, width, channels, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int channel = 0; channel < channels; ++channel)
                pixels.bytes.push_back(static_cast<std::uint8_t>(value(y, x, channel)));
    return pixels;
}

namespace detail {
inline void append(void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}
}  // namespace detail

inline std::string png(const Pixels& pixels) {
    std::string file;
    stbi_write_png_to_func(detail::append, &file, pixels.width, pixels.height, pixels.channels,
                           pixels.bytes.data(), pixels.width * pixels.channels);
    return file;
}

inline std::string bmp(const Pixels& pixels) {
    std::string file;
    stbi_write_bmp_to_func(detail::append, &file, pixels.width, pixels.height, pixels.channels,
                           pixels.bytes.data());
    return file;
}

inline std::string jpeg(const Pixels& pixels) {
    constexpr int quality = 95;
    std::string file;
    stbi_write_jpg_to_func(detail::append, &file, pixels.width, pixels.height, pixels.channels,
                           pixels.bytes.data(), quality);
    return file;
}

}  // namespace test
