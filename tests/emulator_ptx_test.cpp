#include <bit>
#include <cmath>
#include <cstring>

#include "tests/emulator_kernels/ptx.h"
#include "tests/support/emulator.h"
#include "tests/support/random_values.h"

// The layouts below are written down from the PTX ISA's figures, one formula for each operand, apart from
// those in the emulator: matrix element (row, column) sits in register r of lane l, at place p within the
// register.
using namespace kernels::emulated;
using kernels::Floats;
using kernels::Words;
using test::Kind;

namespace {

constexpr unsigned rows = 16, columns = 8;

std::uint16_t bf16_bits(float exact) {
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(exact) >> 16);
}

/// Multiples of 1/8, which bf16 and TF32 hold exactly.
Floats matrix(unsigned size, std::uint64_t stream) { return test::grid_values<float>(size, stream); }

Floats product(const Floats& a, const Floats& b, const Floats& d, unsigned depth) {
    Floats result = d;
    for (unsigned i = 0; i < rows; ++i)
        for (unsigned j = 0; j < columns; ++j)
            for (unsigned k = 0; k < depth; ++k)
                result[i * columns + j] += a[i * depth + k] * b[k * columns + j];
    return result;
}

/// 16x8: rows of eight lie in four lanes, two columns each; the lower eight rows are the upper half of the
/// registers.
std::size_t place_in_d(unsigned row, unsigned column) {
    const unsigned lane = row % 8 * 4 + column / 2, element = row / 8 * 2 + column % 2;
    return lane * 4 + element;
}

Floats d_registers(const Floats& d) {
    Floats result(128);
    for (unsigned i = 0; i < rows; ++i)
        for (unsigned j = 0; j < columns; ++j) result[place_in_d(i, j)] = d[i * columns + j];
    return result;
}

void set_half(Words& words, std::size_t word, unsigned half, std::uint16_t bits) {
    words[word] |= static_cast<std::uint32_t>(bits) << 16 * half;
}

}  // namespace

TEST_CASE("emulator: mma of bf16") {
    const Floats a = matrix(rows * 16, 1), b = matrix(16 * columns, 2), d = matrix(rows * columns, 3);
    Words a_words(128), b_words(64);
    for (unsigned i = 0; i < rows; ++i)
        for (unsigned k = 0; k < 16; ++k)
            set_half(a_words, (i % 8 * 4 + k % 8 / 2) * 4 + i / 8 + k / 8 * 2, k % 2,
                     bf16_bits(a[i * 16 + k]));
    for (unsigned k = 0; k < 16; ++k)
        for (unsigned j = 0; j < columns; ++j)
            set_half(b_words, (j * 4 + k % 8 / 2) * 2 + k / 8, k % 2, bf16_bits(b[k * columns + j]));
    test::in_every_order([&] {
        CHECK(multiply_bf16_registers(a_words, b_words, d_registers(d)) == d_registers(product(a, b, d, 16)));
    });
}

TEST_CASE("emulator: mma of TF32, which drops what does not fit") {
    const Floats a = matrix(rows * 8, 1), b = matrix(8 * columns, 2), d = matrix(rows * columns, 3);
    Words a_words(128), b_words(64);
    for (unsigned i = 0; i < rows; ++i)
        for (unsigned k = 0; k < 8; ++k)
            a_words[(i % 8 * 4 + k % 4) * 4 + i / 8 + k / 4 * 2] =
                std::bit_cast<std::uint32_t>(a[i * 8 + k]) | 0x1fff;
    for (unsigned k = 0; k < 8; ++k)
        for (unsigned j = 0; j < columns; ++j)
            b_words[(j * 4 + k % 4) * 2 + k / 4] = std::bit_cast<std::uint32_t>(b[k * columns + j]);
    test::in_every_order([&] {
        CHECK(multiply_tf32_registers(a_words, b_words, d_registers(d)) == d_registers(product(a, b, d, 8)));
    });
}

TEST_CASE("emulator: ldmatrix") {
    std::vector<std::uint16_t> matrices(256);
    for (unsigned i = 0; i < 256; ++i) matrices[i] = static_cast<std::uint16_t>(1000 + i);
    for (const int count : {1, 2, 4}) {
        for (const bool transposed : {false, true}) {
            CAPTURE(count);
            CAPTURE(transposed);
            Words expected(128);
            for (unsigned m = 0; m < static_cast<unsigned>(count); ++m)
                for (unsigned row = 0; row < 8; ++row)
                    for (unsigned column = 0; column < 8; ++column) {
                        const unsigned line = transposed ? column : row, along = transposed ? row : column;
                        set_half(expected, (line * 4 + along / 2) * 4 + m, along % 2,
                                 matrices[m * 64 + row * 8 + column]);
                    }
            test::in_every_order([&] { CHECK(load_registers(matrices, count, transposed) == expected); });
        }
    }
}

TEST_CASE("emulator: cp.async, ldmatrix and mma make a matrix product") {
    const Floats a = matrix(256, 1), b = matrix(256, 2);
    std::vector<std::uint16_t> a_bits(256), b_bits(256);
    for (std::size_t i = 0; i < 256; ++i) {
        a_bits[i] = bf16_bits(a[i]);
        b_bits[i] = bf16_bits(b[i]);
    }
    Floats c(256);
    for (unsigned i = 0; i < 16; ++i)
        for (unsigned j = 0; j < 16; ++j)
            for (unsigned k = 0; k < 16; ++k) c[i * 16 + j] += a[i * 16 + k] * b[k * 16 + j];
    test::in_every_order([&] { CHECK(tile_product(a_bits, b_bits) == c); });
}

TEST_CASE("emulator: rounding to TF32 goes to nearest, ties away from zero") {
    const float one = 1, step = std::ldexp(1.0F, -10);
    const Floats values = {
        one, one + 0.25F * step, one + 0.5F * step, -one - 0.5F * step, one + 0.75F * step, INFINITY};
    const Floats expected = {one, one, one + step, -one - step, one + step, INFINITY};
    const Words bits = tf32_bits(values);
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(std::bit_cast<float>(bits[i]) == expected[i]);
}

TEST_CASE("emulator: wrong uses of cp.async") {
    const std::string file = "ptx.cu";
    test::check_accused(copy_not_waited_for, Kind::uninitialised, file, {{"not waited for", {3, 0, 0}}});
    test::check_accused(copy_over_unread_tile, Kind::shared_race, file,
                        {{"unread tile, read", {3, 0, 0}}, {"unread tile, copy", {40, 0, 0}}});
    test::check_accused(copy_waited_for_by_one, Kind::shared_race, file,
                        {{"waited for by one, copy", {40, 0, 0}}, {"waited for by one, read", {3, 0, 0}}});
    test::check_accused(misaligned_copy, Kind::misaligned, file, {{"misaligned copy", {3, 0, 0}}});
    test::check_accused(copy_to_global_memory, Kind::out_of_bounds, file, {{"copy to global", {3, 0, 0}}});
    test::check_accused(copy_from_shared_memory, Kind::host_memory, file, {{"copy from shared", {3, 0, 0}}});
    test::check_accused(copy_over_own_write, Kind::shared_race, file, {{"overwritten copy", {3, 0, 0}}});
}

TEST_CASE("emulator: wrong uses of ldmatrix and mma") {
    const std::string file = "ptx.cu";
    test::in_every_order([] {
        const kernels::emulator::CollectReports collected;
        matrix_from_global();
        REQUIRE(collected.reports().size() == 1);
        CHECK(collected.reports()[0].kind == Kind::out_of_bounds);
        CHECK(collected.reports()[0].where.line == test::line_of("ptx.cu", "matrix from global"));
    });
    test::check_accused(matrix_row_misaligned, Kind::misaligned, file, {{"matrix row", {5, 0, 0}}});
    test::check_accused(multiply_without_all_lanes, Kind::warp_mask, file,
                        {{"without all lanes", {0, 0, 0}}, {"", {30, 0, 0}}});
}
