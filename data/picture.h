#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace data {

/// A colour picture of any size.
struct Picture {
    std::int64_t height = 0, width = 0;
    std::vector<std::uint8_t> pixels;  ///< (height, width, 3): red, green, blue
};

/// What a JPEG's header can say.
inline constexpr std::int64_t most_picture_side = 65'535;
/// A file of a few bytes can claim any size; this much takes about a gigabyte while it is decoded.
inline constexpr std::int64_t most_picture_pixels = 64 * 1024 * 1024;

/// Reads a PNG, JPEG or BMP file; what it is, its content says, not its name. Grey becomes three equal
/// channels, of 16 bits the upper 8 count, and what is transparent lies on white. How a camera was held
/// (EXIF) is not looked at. Throws InputError for what is no file, cannot be read, is no such picture, is
/// larger than the above (before it is decoded), is damaged, or ends too early.
Picture read_picture(const std::filesystem::path& path);

}  // namespace data
