#include <algorithm>

#include "kernels/common/parallel.h"
#include "kernels/newton_schulz/newton_schulz.h"

// The matrices are small, and the products between these two take nearly all of the time: plain loops over
// rows, which the compiler makes vectors of.
namespace kernels::cpu {
namespace {

/// Rows that are worth a thread of their own: below some ten thousand elements, waking it takes longer.
std::int64_t rows_in_chunk(std::int64_t size) {
    return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(size, 1));
}

}  // namespace

void newton_schulz_begin(const NewtonSchulzBegin<float>& args) { reference::newton_schulz_begin(args); }

void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>& args) {
    using P = NewtonSchulzPolynomial<float>;
    constexpr auto a = static_cast<float>(P::a), b = static_cast<float>(P::b), c = static_cast<float>(P::c);
    parallel_chunks(args.size, rows_in_chunk(args.size), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int64_t first = row * args.size;
            float* out = args.polynomial + first;
            for (std::int64_t i = 0; i < args.size; ++i)
                out[i] = b * args.gram[first + i] + c * args.square[first + i];
            out[row] += a;
        }
    });
}

}  // namespace kernels::cpu
