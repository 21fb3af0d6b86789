#include "data/picture.h"

#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include <stb_image.h>

#include "data/jpeg_tables.h"
#include "engine/error.h"

namespace data {
namespace {

namespace fs = std::filesystem;

/// How stb reads a file. It takes what is missing at the end for zeros, and says nothing: so we watch it.
struct Source {
    std::ifstream file;
    bool has_run_out = false;

    void rewind() {
        file.clear();
        file.seekg(0);
        has_run_out = false;
    }
};

int read_bytes(void* source, char* out, int size) {
    auto& [file, has_run_out] = *static_cast<Source*>(source);
    file.read(out, size);
    const auto count = static_cast<int>(file.gcount());
    has_run_out |= count == 0 && size > 0;
    return count;
}

void skip_bytes(void* source, int count) {
    auto& file = static_cast<Source*>(source)->file;
    file.clear();
    file.seekg(count, std::ios::cur);
}

int is_at_end(void* source) {
    auto& [file, has_run_out] = *static_cast<Source*>(source);
    return has_run_out || file.peek() == std::ifstream::traits_type::eof() ? 1 : 0;
}

constexpr stbi_io_callbacks callbacks{read_bytes, skip_bytes, is_at_end};

[[noreturn]] void reject(const fs::path& path, const std::string& what, const char* remedy) {
    throw engine::InputError(what, "in " + path.string(), remedy);
}

void open(Source& source, const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) reject(path, "there is no such file", "check the path");
    if (status.type() == fs::file_type::none) reject(path, error.message(), "check the path");
    if (status.type() != fs::file_type::regular) reject(path, "this is no file", "name a picture");
    source.file.open(path, std::ios::binary);
    if (!source.file) reject(path, "the picture cannot be opened", "check the file's permissions");
}

/// What the decoder must not see.
void check_tables(Source& source, const fs::path& path) {
    constexpr int first_byte_of_jpeg = 0xFF;
    if (source.file.peek() == first_byte_of_jpeg && !has_sound_huffman_tables(*source.file.rdbuf()))
        reject(path, "the picture is damaged: it has impossible Huffman tables", "get the file again");
    source.rewind();
}

/// Looks at the header alone.
void check_size(Source& source, const fs::path& path) {
    int width = 0, height = 0, channels = 0;
    if (stbi_info_from_callbacks(&callbacks, &source, &width, &height, &channels) == 0)
        reject(path, "this is no picture", "give PNG, JPEG or BMP files");
    if (width > most_picture_side || height > most_picture_side ||
        std::int64_t{width} * height > most_picture_pixels)
        reject(path, "the picture is too large: " + std::to_string(width) + "x" + std::to_string(height),
               "at most 65535 pixels a side and 67,108,864 in all are read: make it smaller");
    source.rewind();
}

/// One channel of a pixel on a white ground.
std::uint8_t on_white(unsigned value, unsigned alpha) {
    return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace

Picture read_picture(const fs::path& path) {
    Source source;
    open(source, path);
    check_tables(source, path);
    check_size(source, path);
    int width = 0, height = 0, channels = 0;
    const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> rgba(
        stbi_load_from_callbacks(&callbacks, &source, &width, &height, &channels, STBI_rgb_alpha),
        &stbi_image_free);
    if (source.has_run_out) reject(path, "the picture ends too early", "get the file again");
    if (!rgba)
        reject(path, std::string("the picture is damaged: ") + stbi_failure_reason(), "get the file again");
    Picture picture{height, width, {}};
    picture.pixels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    const stbi_uc* in = rgba.get();
    for (auto out = picture.pixels.begin(); out != picture.pixels.end(); in += 4)
        for (int channel = 0; channel < 3; ++channel) *out++ = on_white(in[channel], in[3]);
    return picture;
}

}  // namespace data
