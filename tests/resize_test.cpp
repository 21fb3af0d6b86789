#include "data/resize.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "engine/serialize/safetensors.h"
#include "tests/support/pictures.h"

namespace {

using data::Fit;
using data::Picture;

Picture make_picture(int height, int width, const std::function<int(int y, int x, int channel)>& value) {
    return {height, width, test::make_pixels(height, width, 3, value).bytes};
}

std::vector<std::uint8_t> resized(const Picture& picture, Fit fit, std::int64_t side = 32) {
    std::vector<std::uint8_t> out(static_cast<std::size_t>(side * side * 3));
    data::resize(picture, fit, side, out.data());
    return out;
}

std::vector<std::uint8_t> to_vector(const engine::Tensor& bytes) {
    const auto values = bytes.values<std::uint8_t>();
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("a picture that has the size stays as it is") {
    const Picture picture = make_picture(32, 32, [](int y, int x, int c) { return 11 * y + 5 * x + 90 * c; });
    CHECK(resized(picture, Fit::crop) == picture.pixels);
    CHECK(resized(picture, Fit::stretch) == picture.pixels);
}

TEST_CASE("one colour stays one colour, whatever the shape") {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 500}, {33, 31}, {400, 3}, {64, 640}})
        for (const Fit fit : {Fit::crop, Fit::stretch}) {
            CAPTURE(height);
            CAPTURE(width);
            const auto pixels =
                resized(make_picture(height, width, [](int, int, int c) { return 50 + 100 * c; }), fit, 4);
            for (std::size_t i = 0; i < pixels.size(); ++i) CHECK(pixels[i] == 50 + 100 * (i % 3));
        }
}

TEST_CASE("a fine pattern becomes grey instead of another pattern") {
    const Picture picture = make_picture(100, 100, [](int y, int x, int) { return (y + x) % 2 * 200; });
    for (const std::uint8_t value : resized(picture, Fit::stretch)) CHECK(std::abs(value - 100) <= 4);
}

TEST_CASE("crop takes the middle, stretch all") {
    // White between two black bars, left and right or above and below.
    const Picture wide = make_picture(40, 120, [](int, int x, int) { return x >= 40 && x < 80 ? 255 : 0; });
    const Picture high = make_picture(120, 40, [](int y, int, int) { return y >= 40 && y < 80 ? 255 : 0; });
    for (const Picture& picture : {wide, high}) {
        const auto cropped = resized(picture, Fit::crop);
        CHECK(std::ranges::count(cropped, 255) == std::ssize(cropped));
        const auto all = resized(picture, Fit::stretch);
        CHECK(all.front() == 0);
        CHECK(all.back() == 0);
        CHECK(all[(16 * 32 + 16) * 3] == 255);
    }
}

TEST_CASE("it is what Pillow does, but for one step of rounding") {
    const auto vectors =
        engine::load_safetensors(CIFAR_ENGINE_SOURCE_DIR "/tests/vectors/resize.safetensors");
    const auto values = [&](const std::string& name) -> const engine::Tensor& {
        return std::ranges::find(vectors.tensors, name, &std::pair<std::string, engine::Tensor>::first)
            ->second;
    };
    for (const std::string size : {"67x45", "40x99", "9x13"}) {
        CAPTURE(size);
        const engine::Tensor& in = values("in_" + size);
        const Picture picture{in.size(0), in.size(1), to_vector(in)};
        for (const auto& [fit, name] : {std::pair{Fit::crop, "crop_"}, {Fit::stretch, "stretch_"}}) {
            const auto actual = resized(picture, fit);
            const auto expected = to_vector(values(name + size));
            REQUIRE(actual.size() == expected.size());
            for (std::size_t i = 0; i < actual.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) <= 1);
        }
    }
}
