#include "kernels/conv2d/patches.h"

#include <algorithm>
#include <vector>

#include "kernels/gemm/gemm.h"
#include "tests/support/compare.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

/// Rows and columns of the patch matrix.
struct Window {
    std::int64_t row, rows, tap, taps;
};

std::vector<Conv2dShape> shapes() {
    struct Image {
        std::int64_t height, width, channels;
    };
    std::vector<Conv2dShape> result;
    for (const auto& [height, width, channels] :
         std::vector<Image>{{5, 4, 3}, {7, 6, 17}, {1, 1, 2}, {3, 9, 1}})
        for (const std::int64_t kernel : {1, 3, 5})
            for (const std::int64_t stride : {1, 2})
                for (std::int64_t padding = 0; padding <= 3; ++padding)
                    if (std::min(height, width) + 2 * padding >= kernel)
                        result.push_back({2, height, width, channels, 1, kernel, stride, padding});
    return result;
}

/// All of the matrix in blocks; the ends; a part from within.
std::vector<Window> windows(const Conv2dShape& shape) {
    const std::int64_t rows = shape.rows(), taps = shape.taps();
    std::vector<Window> result = {
        {rows - 1, 1, taps - 1, 1},
        {rows / 3, rows - rows / 3, taps / 3, std::min<std::int64_t>(taps - taps / 3, 200)}};
    for (std::int64_t tap = 0; tap < taps; tap += gemm_block_columns)
        result.push_back({0, rows, tap, std::min(gemm_block_columns, taps - tap)});
    return result;
}

/// The offset in x that an element of the patch matrix comes from, or -1 for padding: by the definition.
std::int64_t source(const Conv2dShape& s, std::int64_t row, std::int64_t tap) {
    const std::int64_t image = row / (s.out_height() * s.out_width());
    const std::int64_t out_y = row / s.out_width() % s.out_height(), out_x = row % s.out_width();
    const std::int64_t y = out_y * s.stride - s.padding + tap / (s.kernel * s.in_channels);
    const std::int64_t x = out_x * s.stride - s.padding + tap / s.in_channels % s.kernel;
    if (y < 0 || y >= s.height || x < 0 || x >= s.width) return -1;
    return ((image * s.height + y) * s.width + x) * s.in_channels + tap % s.in_channels;
}

std::int64_t x_size(const Conv2dShape& s) { return s.images * s.height * s.width * s.in_channels; }

template <typename Body>
void for_each_window(const Body& body) {
    for (const Conv2dShape& shape : shapes()) {
        for (const Window& window : windows(shape)) {
            CAPTURE(shape.height);
            CAPTURE(shape.in_channels);
            CAPTURE(shape.kernel);
            CAPTURE(shape.stride);
            CAPTURE(shape.padding);
            CAPTURE(window.row);
            CAPTURE(window.tap);
            body(shape, window);
        }
    }
}

/// Calls visit(place in the block, source in x) for each element of the window.
template <typename Visit>
void for_each_element(const Conv2dShape& shape, const Window& w, const Visit& visit) {
    for (std::int64_t i = 0; i < w.rows; ++i)
        for (std::int64_t j = 0; j < w.taps; ++j)
            visit(static_cast<std::size_t>(i * gemm_block_stride + j), source(shape, w.row + i, w.tap + j));
}

}  // namespace

TEST_CASE("pack_patches takes each element from where the definition says, and writes nothing else") {
    for_each_window([](const Conv2dShape& shape, const Window& w) {
        const auto x = test::random_values<float>(x_size(shape), 1);
        auto expected = test::poisoned<float>(w.rows * gemm_block_stride), block = expected;
        for_each_element(shape, w, [&](std::size_t place, std::int64_t from) {
            expected[place] = from < 0 ? 0.0F : x[static_cast<std::size_t>(from)];
        });
        cpu::pack_patches(block.data(), x.data(), shape, w.row, w.rows, w.tap, w.taps);
        test::check_same_bits("block", block, expected);
    });
}

TEST_CASE("scatter_patches adds each element to where the definition says, and reads nothing else") {
    for_each_window([](const Conv2dShape& shape, const Window& w) {
        const auto values = test::grid_values<float>(w.rows * gemm_block_stride, 1);
        auto block = test::poisoned<float>(w.rows * gemm_block_stride);
        auto d_x = test::prefilled<float>(x_size(shape)), expected = d_x;
        for_each_element(shape, w, [&](std::size_t place, std::int64_t to) {
            block[place] = values[place];
            if (to >= 0) expected[static_cast<std::size_t>(to)] += values[place];
        });
        cpu::scatter_patches(d_x.data(), block.data(), shape, w.row, w.rows, w.tap, w.taps);
        test::check_same_bits("d_x", d_x, expected);
    });
}

TEST_CASE("scatter_patches is the adjoint of pack_patches: <pack(x), b> = <x, scatter(b)>") {
    for_each_window([](const Conv2dShape& shape, const Window& w) {
        const auto x = test::grid_values<float>(x_size(shape), 1);
        const auto b = test::grid_values<float>(w.rows * gemm_block_stride, 2);
        std::vector<float> packed(b.size(), 0.0F), scattered(x.size(), 0.0F);
        cpu::pack_patches(packed.data(), x.data(), shape, w.row, w.rows, w.tap, w.taps);
        cpu::scatter_patches(scattered.data(), b.data(), shape, w.row, w.rows, w.tap, w.taps);
        double left = 0, right = 0;
        for (std::size_t i = 0; i < b.size(); ++i) left += static_cast<double>(packed[i]) * b[i];
        for (std::size_t i = 0; i < x.size(); ++i) right += static_cast<double>(x[i]) * scattered[i];
        CHECK(left == right);  // exact: multiples of 1/64
    });
}
