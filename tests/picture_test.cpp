#include "data/picture.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "engine/error.h"
#include "tests/support/message_of.h"
#include "tests/support/pictures.h"

using test::holds;

namespace {

namespace fs = std::filesystem;

struct Folder : test::TemporaryFolder {
    data::Picture read(const std::string& bytes) const {
        test::write_bytes(*this / "picture", bytes);
        return data::read_picture(*this / "picture");
    }

    std::string refusal(const fs::path& path) const {
        return test::message_of<engine::InputError>([&] { data::read_picture(path); });
    }

    std::string refusal_of(const std::string& bytes) const {
        test::write_bytes(*this / "picture", bytes);
        return refusal(*this / "picture");
    }
};

test::Pixels colourful(int height, int width, int channels) {
    return test::make_pixels(height, width, channels,
                             [](int y, int x, int channel) { return 7 * y + 3 * x + 80 * channel; });
}

/// A PNG that claims another size; checksums are not looked at.
std::string png_of_size(std::uint32_t width, std::uint32_t height) {
    std::string file = test::png(colourful(2, 2, 3));
    constexpr std::size_t width_at = 16;
    for (std::size_t i = 0; i < 4; ++i) {
        file[width_at + i] = static_cast<char>(width >> (24 - 8 * i));
        file[width_at + 4 + i] = static_cast<char>(height >> (24 - 8 * i));
    }
    return file;
}

}  // namespace

TEST_CASE_FIXTURE(Folder, "PNG and BMP give the bytes that were written") {
    const test::Pixels pixels = colourful(5, 7, 3);
    for (const std::string& file : {test::png(pixels), test::bmp(pixels)}) {
        const data::Picture picture = read(file);
        CHECK(picture.height == 5);
        CHECK(picture.width == 7);
        CHECK(picture.pixels == pixels.bytes);
    }
}

TEST_CASE_FIXTURE(Folder, "JPEG gives nearly them") {
    const auto smooth =
        test::make_pixels(24, 40, 3, [](int y, int x, int channel) { return 60 + 2 * y + x + 20 * channel; });
    const data::Picture picture = read(test::jpeg(smooth));
    REQUIRE(picture.pixels.size() == smooth.bytes.size());
    for (std::size_t i = 0; i < smooth.bytes.size(); ++i)
        CHECK(std::abs(picture.pixels[i] - smooth.bytes[i]) <= 6);
}

TEST_CASE_FIXTURE(Folder, "grey becomes three channels, what is transparent lies on white") {
    CHECK(read(test::png({1, 2, 1, {10, 200}})).pixels ==
          std::vector<std::uint8_t>{10, 10, 10, 200, 200, 200});
    CHECK(read(test::png({1, 3, 2, {100, 0, 100, 255, 100, 51}})).pixels ==
          std::vector<std::uint8_t>{255, 255, 255, 100, 100, 100, 224, 224, 224});
    CHECK(read(test::png({1, 2, 4, {1, 2, 3, 255, 9, 9, 9, 0}})).pixels ==
          std::vector<std::uint8_t>{1, 2, 3, 255, 255, 255});
}

TEST_CASE_FIXTURE(Folder, "a file that was cut short anywhere is refused") {
    const test::Pixels pixels = colourful(9, 8, 3);  // rows of a BMP that need no padding
    for (const std::string& file : {test::png(pixels), test::bmp(pixels), test::jpeg(pixels)}) {
        CHECK(read(file).width == 8);
        for (std::size_t length = 0; length < file.size(); ++length) {
            CAPTURE(length);
            CHECK(refusal_of(file.substr(0, length)) != "nothing thrown");
        }
        CHECK(holds(refusal_of(file.substr(0, file.size() - 1)), "the picture ends too early"));
    }
}

TEST_CASE_FIXTURE(Folder, "damaged files are read or refused, whatever they say") {
    std::mt19937 random(1);
    const test::Pixels pixels = colourful(20, 20, 4);
    int refused = 0;
    for (const std::string& file : {test::png(pixels), test::bmp(pixels), test::jpeg(pixels)})
        for (int attempt = 0; attempt < 300; ++attempt) {
            std::string damaged = file;
            for (int i = 0; i < 3; ++i)
                damaged[random() % std::min<std::size_t>(damaged.size(), 200)] = static_cast<char>(random());
            test::write_bytes(*this / "picture", damaged);
            try {
                const data::Picture picture = data::read_picture(*this / "picture");
                CHECK(std::ssize(picture.pixels) == picture.height * picture.width * 3);
            } catch (const engine::InputError&) {
                ++refused;
            }
        }
    CHECK(refused > 0);
}

TEST_CASE_FIXTURE(
    Folder, "a JPEG with more codes than there are is refused before it is decoded, wherever they stand") {
    const std::string file = test::jpeg(colourful(8, 8, 3));
    const std::string marker = "\xFF\xC4";
    const std::size_t tables = file.find(marker);
    REQUIRE(tables != std::string::npos);
    CHECK(file.find(marker, tables + 1) == std::string::npos);
    std::string damaged = file;
    damaged.replace(tables + 5, 16, std::string(16, '\xFF'));
    CHECK(holds(refusal_of(damaged), "impossible Huffman tables"));
    // A second segment of tables behind the pixels, as progressive files have them.
    damaged = file;
    damaged.insert(file.size() - 2, std::string("\xFF\xC4\x00\x13\x00", 5) + std::string(16, '\x20'));
    CHECK(holds(refusal_of(damaged), "impossible Huffman tables"));
    // The same bytes in a comment are none.
    std::string comment = file;
    comment.insert(2, std::string("\xFF\xFE\x00\x17", 4) + std::string("\xFF\xC4\x00\x13\x00", 5) +
                          std::string(16, '\x20'));
    CHECK(read(comment).pixels == read(file).pixels);
}

TEST_CASE_FIXTURE(Folder, "sizes are capped before anything is decoded") {
    CHECK(holds(refusal_of(png_of_size(65'536, 1)), "too large: 65536x1"));
    CHECK(holds(refusal_of(png_of_size(1, 65'536)), "too large"));
    CHECK(holds(refusal_of(png_of_size(8192, 8193)), "too large"));
    CHECK(holds(refusal_of(png_of_size(8192, 8192)), "damaged"));  // allowed, but its pixels are not there
    CHECK(holds(refusal_of(png_of_size(0xFFFFFFFF, 0xFFFFFFFF)), "no picture"));
}

TEST_CASE_FIXTURE(Folder, "what is no picture is refused, and nothing waits for it") {
    CHECK(holds(refusal_of(""), "no picture"));
    CHECK(holds(refusal_of("hello"), "no picture"));
    CHECK(holds(refusal_of("GIF89a\x01\x01\x01\x01"), "no picture"));
    CHECK(holds(refusal(*this / "nothing"), "no such file"));
    fs::create_directory(*this / "x.png");
    CHECK(holds(refusal(*this / "x.png"), "no file"));
    fs::create_symlink("nowhere", *this / "dangling.png");
    CHECK(holds(refusal(*this / "dangling.png"), "no such file"));
    fs::create_symlink("loop.png", *this / "loop.png");
    CHECK(holds(refusal(*this / "loop.png"), "loop.png"));
    REQUIRE(::mkfifo((*this / "pipe.png").c_str(), 0600) == 0);
    CHECK(holds(refusal(*this / "pipe.png"), "no file"));
}
