#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace data {
namespace {

/// A part of a row or column.
struct Span {
    std::int64_t first, length;
};

/// What one pixel of the result is made of along one axis: pixels from `first` on, each with its weight.
struct Window {
    std::int64_t first;
    std::vector<float> weights;  ///< their sum is 1
};

/// The windows of `count` pixels that share a span.
std::vector<Window> make_windows(const Span& span, std::int64_t count) {
    const double scale = static_cast<double>(span.length) / static_cast<double>(count);
    const double reach = std::max(scale, 1.0);  // half of the triangle's foot
    std::vector<Window> windows;
    for (std::int64_t i = 0; i < count; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * scale;
        const auto begin = std::max<std::int64_t>(std::llround(std::floor(centre - reach + 0.5)), 0);
        const auto end = std::min<std::int64_t>(std::llround(std::floor(centre + reach + 0.5)), span.length);
        Window window{span.first + begin, {}};
        double sum = 0;
        for (std::int64_t x = begin; x < end; ++x) {
            const double distance = std::abs(static_cast<double>(x) + 0.5 - centre) / reach;
            window.weights.push_back(static_cast<float>(std::max(1 - distance, 0.0)));
            sum += window.weights.back();
        }
        for (float& weight : window.weights) weight /= static_cast<float>(sum);
        windows.push_back(std::move(window));
    }
    return windows;
}

/// The weighted sum of pixels that lie `stride` values apart, all three channels.
template <typename T>
void add_up(float* out, const T* in, std::int64_t stride, const Window& window) {
    std::fill_n(out, 3, 0.0F);
    in += window.first * stride;
    for (const float weight : window.weights) {
        for (int channel = 0; channel < 3; ++channel)
            out[channel] += weight * static_cast<float>(in[channel]);
        in += stride;
    }
}

std::uint8_t to_byte(float value) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

void resize(const Picture& picture, Fit fit, std::int64_t side, std::uint8_t* out) {
    Span rows{0, picture.height}, columns{0, picture.width};
    if (fit == Fit::crop) {
        const std::int64_t length = std::min(picture.height, picture.width);
        rows = {(picture.height - length) / 2, length};
        columns = {(picture.width - length) / 2, length};
    }
    // First along rows, which leaves (height, side, 3), then along columns.
    const std::vector<Window> across = make_windows(columns, side);
    std::vector<float> narrowed(static_cast<std::size_t>(rows.length * side * 3));
    float* narrow = narrowed.data();
    for (std::int64_t y = rows.first; y < rows.first + rows.length; ++y)
        for (const Window& window : across) {
            add_up(narrow, picture.pixels.data() + y * picture.width * 3, 3, window);
            narrow += 3;
        }
    for (const Window& window : make_windows({0, rows.length}, side))
        for (std::int64_t x = 0; x < side; ++x) {
            float pixel[3];
            add_up(pixel, narrowed.data() + x * 3, side * 3, window);
            out = std::transform(pixel, pixel + 3, out, to_byte);
        }
}

}  // namespace data
