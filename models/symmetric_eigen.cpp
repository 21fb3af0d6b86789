#include "models/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace models {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Turns rows (or, seen from the side, columns) p and q by the angle with this cosine and sine.
void rotate(double& p, double& q, double cosine, double sine) {
    const double before = p;
    p = cosine * before - sine * q;
    q = sine * before + cosine * q;
}

/// Makes element (p, q) of `a` zero by a rotation on both sides, which `vectors` (in rows) join.
void annihilate(Matrix& a, Matrix& vectors, std::size_t p, std::size_t q) {
    if (a[p][q] == 0) return;
    const double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const double tangent = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
    const double cosine = 1 / std::sqrt(1 + tangent * tangent), sine = tangent * cosine;
    for (std::vector<double>& row : a) rotate(row[p], row[q], cosine, sine);
    for (std::size_t i = 0; i < a.size(); ++i) rotate(a[p][i], a[q][i], cosine, sine);
    for (std::size_t i = 0; i < a.size(); ++i) rotate(vectors[p][i], vectors[q][i], cosine, sine);
}

double off_diagonal(const Matrix& a) {
    double sum = 0;
    for (std::size_t p = 0; p < a.size(); ++p)
        for (std::size_t q = 0; q < p; ++q) sum += a[p][q] * a[p][q];
    return sum;
}

}  // namespace

SymmetricEigen symmetric_eigen(Matrix a) {
    const std::size_t n = a.size();
    Matrix vectors(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i) vectors[i][i] = 1;
    // Convergence is quadratic: a handful of sweeps; the bound is for what is no number.
    for (int sweep = 0; sweep < 50 && off_diagonal(a) > 0; ++sweep)
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) annihilate(a, vectors, p, q);

    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i][i] > a[j][j]; });
    SymmetricEigen result;
    for (const std::size_t i : order) {
        result.values.push_back(a[i][i]);
        result.vectors.push_back(vectors[i]);
    }
    return result;
}

}  // namespace models
