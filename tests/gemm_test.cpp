#include "kernels/gemm/gemm.h"

#include <algorithm>
#include <vector>

#include "tests/support/compare.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

struct Product {
    std::int64_t rows, columns, depth;
    bool transposed, accumulate;
};

std::vector<Product> products() {
    std::vector<Product> result;
    for (std::int64_t rows = 1; rows <= 30; ++rows)
        for (const std::int64_t columns : {1, 31, 33, 100})
            for (const std::int64_t depth : {0, 1, 7, 84, 256})
                for (const bool transposed : {false, true})
                    for (const bool accumulate : {false, true})
                        result.push_back({rows, columns, depth, transposed, accumulate});
    return result;
}

/// A and B as the kernel wants them, on a grid, so that sums are exact; NaN wherever nothing may be read, or
/// whatever is read must not matter.
template <typename T>
struct Operands {
    std::vector<T> a, b, c;
    std::int64_t width = cpu::gemm_panel_width(), a_stride, c_stride;
    Product product;

    explicit Operands(const Product& p) : product(p) {
        const std::int64_t a_rows = p.transposed ? p.depth : p.rows,
                           a_columns = p.transposed ? p.rows : p.depth;
        const std::int64_t padded = cpu::gemm_padded_columns(p.columns);
        a_stride = a_columns + 5;
        a = test::poisoned<T>(a_rows * a_stride);
        place(a, a_stride, test::grid_values<T>(a_rows * a_columns, 1), a_columns);
        b = test::poisoned<T>(p.depth * padded);
        const auto values = test::grid_values<T>(p.depth * p.columns, 2);
        for (std::int64_t k = 0; k < p.depth; ++k)
            for (std::int64_t j = 0; j < p.columns; ++j)
                b[static_cast<std::size_t>((j / width * p.depth + k) * width + j % width)] =
                    values[static_cast<std::size_t>(k * p.columns + j)];
        c_stride = padded + 3;
        c = test::poisoned<T>(p.rows * c_stride);
        if (p.accumulate) place(c, c_stride, test::grid_values<T>(p.rows * p.columns, 3), p.columns);
    }

    /// Copies a dense matrix to the start of each row of a wider one.
    static void place(std::vector<T>& target, std::int64_t stride, const std::vector<T>& values,
                      std::int64_t columns) {
        for (std::int64_t i = 0; i * columns < static_cast<std::int64_t>(values.size()) && columns > 0; ++i)
            std::copy_n(values.data() + i * columns, columns, target.data() + i * stride);
    }

    GemmBlock<T> block() {
        return {c.data(),
                c_stride,
                a.data(),
                a_stride,
                product.transposed,
                b.data(),
                product.depth * width,
                width,
                product.rows,
                product.columns,
                product.depth,
                product.accumulate};
    }

    /// Columns [0, columns) of C.
    std::vector<T> result() const {
        std::vector<T> dense;
        for (std::int64_t i = 0; i < product.rows; ++i)
            dense.insert(dense.end(), c.begin() + i * c_stride, c.begin() + i * c_stride + product.columns);
        return dense;
    }
};

}  // namespace

TEST_CASE("gemm_block: fast equals reference exactly where sums are exact") {
    for (const Product& p : products()) {
        CAPTURE(p.rows);
        CAPTURE(p.columns);
        CAPTURE(p.depth);
        CAPTURE(p.transposed);
        CAPTURE(p.accumulate);
        Operands<float> fast(p), plain(p);
        cpu::gemm_block(fast.block());
        reference::gemm_block(plain.block(), plain.width);
        test::check_close("c", fast.result(), plain.result(), {0, 0});
    }
}

TEST_CASE("gemm_block: nothing is written beyond the last panel, nor below the last row") {
    const Product p{13, 33, 7, false, false};
    Operands<float> operands(p);
    operands.c.assign(operands.c.size() + 64, -5.0F);
    cpu::gemm_block(operands.block());
    const std::int64_t padded = cpu::gemm_padded_columns(p.columns);
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = padded; j < operands.c_stride; ++j)
            CHECK(operands.c[static_cast<std::size_t>(i * operands.c_stride + j)] == -5.0F);
    for (std::size_t i = operands.c.size() - 64; i < operands.c.size(); ++i) CHECK(operands.c[i] == -5.0F);
}

TEST_CASE("gemm_block: B may lie in rows of one matrix, panels side by side") {
    const std::int64_t rows = 9, columns = 70, depth = 20, width = cpu::gemm_panel_width();
    const auto a = test::grid_values<float>(rows * gemm_block_stride, 1);
    const auto b = test::grid_values<float>(depth * gemm_block_stride, 2);
    const std::int64_t stride = cpu::gemm_padded_columns(columns);
    auto fast = test::poisoned<float>(rows * stride), plain = fast;
    GemmBlock<float> block{fast.data(), stride,   a.data(), gemm_block_stride,
                           false,       b.data(), width,    gemm_block_stride,
                           rows,        columns,  depth,    false};
    cpu::gemm_block(block);
    block.c = plain.data();
    reference::gemm_block(block, width);
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            CHECK(fast[static_cast<std::size_t>(i * stride + j)] ==
                  plain[static_cast<std::size_t>(i * stride + j)]);
}

TEST_CASE("gemm_block: an element has the same bits whatever block it is computed in") {
    constexpr std::int64_t rows = 30, depth = 100;
    const std::int64_t width = cpu::gemm_panel_width(), columns = 3 * width;
    const auto a = test::random_values<float>(rows * gemm_block_stride, 1);
    const auto b = test::random_values<float>(depth * columns, 2);
    auto whole = test::poisoned<float>(rows * columns), pieces = whole;
    const std::int64_t panel = depth * width;
    cpu::gemm_block({whole.data(), columns, a.data(), gemm_block_stride, false, b.data(), panel, width, rows,
                     columns, depth, false});
    for (std::int64_t first = 0, count = 1; first < rows; first += count, ++count) {
        const std::int64_t height = std::min(count, rows - first);
        for (std::int64_t p = 0; p < 3; ++p) {
            // Depth in two halves, the second of which accumulates.
            float* c = pieces.data() + first * columns + p * width;
            const float* left = a.data() + first * gemm_block_stride;
            const float* right = b.data() + p * panel;
            cpu::gemm_block(
                {c, columns, left, gemm_block_stride, false, right, panel, width, height, width, 37, false});
            cpu::gemm_block({c, columns, left + 37, gemm_block_stride, false, right + 37 * width, panel,
                             width, height, width, depth - 37, true});
        }
    }
    test::check_same_bits("c", pieces, whole);
}

TEST_CASE("gemm_padded_columns rounds up to whole panels") {
    const std::int64_t width = cpu::gemm_panel_width();
    CHECK(width >= 2);
    CHECK(64 % width == 0);
    CHECK(cpu::gemm_padded_columns(0) == 0);
    CHECK(cpu::gemm_padded_columns(1) == width);
    CHECK(cpu::gemm_padded_columns(width) == width);
    CHECK(cpu::gemm_padded_columns(width + 1) == 2 * width);
}

TEST_CASE("gemm_pack_panels: a matrix in panels, zeros beyond the last column") {
    const std::int64_t width = cpu::gemm_panel_width();
    for (const std::int64_t columns : {std::int64_t{1}, width - 1, width, width + 1, 3 * width + 2}) {
        for (const std::int64_t rows : {1, 5, 19}) {
            CAPTURE(columns);
            CAPTURE(rows);
            const std::int64_t in_stride = columns + 3, padded = cpu::gemm_padded_columns(columns);
            const auto in = test::random_values<float>(rows * in_stride, 1);
            std::vector<float> expected;
            for (std::int64_t panel = 0; panel * width < columns; ++panel)
                for (std::int64_t row = 0; row < rows; ++row)
                    for (std::int64_t j = panel * width; j < (panel + 1) * width; ++j)
                        expected.push_back(j < columns ? in[static_cast<std::size_t>(row * in_stride + j)]
                                                       : 0);
            auto out = test::poisoned<float>(rows * padded);
            cpu::gemm_pack_panels(out.data(), in.data(), rows, columns, in_stride);
            test::check_same_bits("panels", out, expected);
        }
    }
}

TEST_CASE("gemm_pack_panels_transposed: matrices side by side, nothing else written") {
    const std::int64_t width = cpu::gemm_panel_width(), rows = 11;
    for (const std::int64_t columns : {std::int64_t{1}, std::int64_t{5}, width, 2 * width + 3}) {
        CAPTURE(columns);
        const auto left = test::random_values<float>(columns * rows, 1);
        const auto right = test::random_values<float>(columns * rows, 2);
        std::vector<float> out(static_cast<std::size_t>(rows * cpu::gemm_padded_columns(2 * columns)), -5.0F);
        std::vector<float> expected = out;
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t j = 0; j < 2 * columns; ++j)
                expected[static_cast<std::size_t>((j / width * rows + row) * width + j % width)] =
                    j < columns ? left[static_cast<std::size_t>(j * rows + row)]
                                : right[static_cast<std::size_t>((j - columns) * rows + row)];
        cpu::gemm_pack_panels_transposed(out.data(), left.data(), rows, columns, 0);
        cpu::gemm_pack_panels_transposed(out.data(), right.data(), rows, columns, columns);
        test::check_same_bits("panels", out, expected);
    }
}
