#include "kernels/emulator/matrix.h"

#include <bit>
#include <cstdint>

#include "kernels/emulator/execution.h"

namespace kernels::emulator {
namespace {

template <typename Part>
const Part& part(const Thread* first, unsigned lane) {
    return *reinterpret_cast<const Part*>(first[lane].request.value);
}

/// Element `half` (0 or 1) of a register of two bf16, as a float.
double bfloat16_of(unsigned bits, unsigned half) {
    return std::bit_cast<float>(half == 0 ? bits << 16 : bits & 0xffff0000U);
}
double tf32_of(unsigned bits) { return std::bit_cast<float>(bits & 0xffffe000U); }

/// d += a * b, from whole matrices to fragments.
template <unsigned depth>
void multiply(Thread* first, const double (&a)[16][depth], const double (&b)[depth][8]) {
    for (unsigned lane = 0; lane < lanes; ++lane) {
        float* d = part<MatrixFragments>(first, lane).d;
        for (unsigned i = 0; i < 4; ++i) {
            const unsigned row = lane / 4 + (i < 2 ? 0 : 8), column = lane % 4 * 2 + i % 2;
            double sum = d[i];
            for (unsigned k = 0; k < depth; ++k) sum += a[row][k] * b[k][column];
            d[i] = static_cast<float>(sum);
        }
    }
}

}  // namespace

void multiply_bf16_fragments(Thread* first) {
    double a[16][16], b[16][8];
    for (unsigned lane = 0; lane < lanes; ++lane) {
        const auto& fragments = part<MatrixFragments>(first, lane);
        const unsigned group = lane / 4, pair = lane % 4 * 2;
        for (unsigned half = 0; half < 2; ++half) {
            for (unsigned i = 0; i < 4; ++i)
                a[group + i % 2 * 8][pair + i / 2 * 8 + half] = bfloat16_of(fragments.a[i], half);
            for (unsigned i = 0; i < 2; ++i)
                b[pair + i * 8 + half][group] = bfloat16_of(fragments.b[i], half);
        }
    }
    multiply(first, a, b);
}

void multiply_tf32_fragments(Thread* first) {
    double a[16][8], b[8][8];
    for (unsigned lane = 0; lane < lanes; ++lane) {
        const auto& fragments = part<MatrixFragments>(first, lane);
        const unsigned group = lane / 4, column = lane % 4;
        for (unsigned i = 0; i < 4; ++i) a[group + i % 2 * 8][column + i / 2 * 4] = tf32_of(fragments.a[i]);
        for (unsigned i = 0; i < 2; ++i) b[column + i * 4][group] = tf32_of(fragments.b[i]);
    }
    multiply(first, a, b);
}

void load_matrix_fragments(Thread* first) {
    const auto& load = part<MatrixLoad>(first, 0);
    for (unsigned matrix = 0; matrix < static_cast<unsigned>(load.count); ++matrix) {
        const auto element = [&](unsigned row, unsigned column) -> unsigned {
            return static_cast<const std::uint16_t*>(part<MatrixLoad>(first, matrix * 8 + row).row)[column];
        };
        for (unsigned lane = 0; lane < lanes; ++lane) {
            const unsigned line = lane / 4, pair = lane % 4 * 2;
            part<MatrixLoad>(first, lane).registers[matrix] =
                load.transposed ? element(pair, line) | element(pair + 1, line) << 16
                                : element(line, pair) | element(line, pair + 1) << 16;
        }
    }
}

}  // namespace kernels::emulator
