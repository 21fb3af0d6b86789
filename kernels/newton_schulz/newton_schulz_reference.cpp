#include <algorithm>
#include <cmath>

#include "kernels/newton_schulz/newton_schulz.h"

namespace kernels::reference {

template <typename T>
void newton_schulz_begin(const NewtonSchulzBegin<T>& args) {
    double trace = 0;
    for (std::int64_t i = 0; i < args.size; ++i) trace += static_cast<double>(args.gram[i * args.size + i]);
    const T scale = 1 / std::max(static_cast<T>(std::sqrt(trace)), args.least_norm);
    for (std::int64_t i = 0; i < args.size * args.size; ++i) {
        args.gram[i] = args.gram[i] * scale * scale;
        args.factor[i] = i % (args.size + 1) == 0 ? scale : 0;
    }
}

template <typename T>
void newton_schulz_polynomial(const NewtonSchulzPolynomial<T>& args) {
    using P = NewtonSchulzPolynomial<T>;
    constexpr auto a = static_cast<T>(P::a), b = static_cast<T>(P::b), c = static_cast<T>(P::c);
    for (std::int64_t i = 0; i < args.size * args.size; ++i) {
        const T identity = i % (args.size + 1) == 0 ? a : 0;
        args.polynomial[i] = identity + (b * args.gram[i] + c * args.square[i]);
    }
}

template void newton_schulz_begin(const NewtonSchulzBegin<float>&);
template void newton_schulz_begin(const NewtonSchulzBegin<double>&);
template void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>&);
template void newton_schulz_polynomial(const NewtonSchulzPolynomial<double>&);

}  // namespace kernels::reference
