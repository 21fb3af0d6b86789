#pragma once

#include <cstdint>

#include "kernels/common/device.h"

/// What is not a product in the Newton-Schulz iteration that replaces a matrix X by the nearest orthogonal
/// one, as Muon does it (Jordan et al., 2024): X <- (a I + b G + c G^2) X, where G = X X^T, moves every
/// singular value of X towards 1. All that the iteration does to X from the left is a polynomial of the first
/// G, a small symmetric matrix; engine/optim/orthogonalize.cpp says how the products go together.
namespace kernels {

/// Scales X so that no singular value is above 1, by way of its gram matrix, whose trace is the square of X's
/// Frobenius norm:
///   scale = 1 / max(sqrt(trace(gram)), least_norm);  gram *= scale^2;  factor = scale * I
template <typename T>
struct NewtonSchulzBegin {
    T* factor;     ///< (size, size)
    T* gram;       ///< (size, size), in place
    T least_norm;  ///< so that a matrix of zeros stays one
    std::int64_t size;
};

/// polynomial = a I + b gram + c square, where square = gram^2, with (a, b, c) = (3.4445, -4.7750, 2.0315):
/// chosen by Jordan et al. to move small singular values fast, at the price that large ones end between 0.7
/// and 1.2.
template <typename T>
struct NewtonSchulzPolynomial {
    T* polynomial;    ///< (size, size)
    const T* gram;    ///< (size, size)
    const T* square;  ///< (size, size)
    std::int64_t size;

    static constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
};

void newton_schulz_begin(Device device, const NewtonSchulzBegin<float>& args);
void newton_schulz_polynomial(Device device, const NewtonSchulzPolynomial<float>& args);

namespace reference {
template <typename T>
void newton_schulz_begin(const NewtonSchulzBegin<T>& args);
template <typename T>
void newton_schulz_polynomial(const NewtonSchulzPolynomial<T>& args);
}  // namespace reference

namespace cpu {
void newton_schulz_begin(const NewtonSchulzBegin<float>& args);
void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>& args);
}  // namespace cpu

namespace cuda {
void newton_schulz_begin(const NewtonSchulzBegin<float>& args);
void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>& args);
}  // namespace cuda

namespace emulated {
void newton_schulz_begin(const NewtonSchulzBegin<float>& args);
void newton_schulz_polynomial(const NewtonSchulzPolynomial<float>& args);
}  // namespace emulated

}  // namespace kernels
