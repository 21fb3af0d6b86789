#include "models/symmetric_eigen.h"

#include <cmath>

#include <doctest/doctest.h>

#include "tests/support/random_values.h"

using models::symmetric_eigen;
using Matrix = std::vector<std::vector<double>>;

namespace {

Matrix random_symmetric(std::size_t n, std::uint64_t stream) {
    const auto values = test::random_values<double>(static_cast<std::int64_t>(n * n), stream);
    Matrix a(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) a[i][j] = a[j][i] = values[i * n + j];
    return a;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace

TEST_CASE("eigenvectors are what the matrix only stretches, of length 1 and at right angles") {
    for (const std::size_t n : {1U, 2U, 3U, 9U, 27U, 36U}) {
        CAPTURE(n);
        const Matrix a = random_symmetric(n, n);
        const auto [values, vectors] = symmetric_eigen(a);
        REQUIRE(values.size() == n);
        REQUIRE(vectors.size() == n);
        for (std::size_t k = 0; k < n; ++k) {
            if (k > 0) CHECK(values[k - 1] >= values[k]);
            for (std::size_t i = 0; i < n; ++i) {
                CHECK(std::abs(dot(a[i], vectors[k]) - values[k] * vectors[k][i]) < 1e-12 * double(n));
                CHECK(std::abs(dot(vectors[i], vectors[k]) - (i == k ? 1 : 0)) < 1e-12 * double(n));
            }
        }
    }
}

TEST_CASE("known eigenvalues") {
    CHECK(symmetric_eigen({{2, 0}, {0, 5}}).values == std::vector<double>{5, 2});
    const auto [values, vectors] = symmetric_eigen({{2, 1}, {1, 2}});
    CHECK(values[0] == doctest::Approx(3).epsilon(1e-14));
    CHECK(values[1] == doctest::Approx(1).epsilon(1e-14));
    CHECK(std::abs(vectors[0][0]) == doctest::Approx(std::sqrt(0.5)).epsilon(1e-14));
    CHECK(symmetric_eigen({}).values.empty());
}

TEST_CASE("a matrix with values that are no numbers does not hang") {
    CHECK(symmetric_eigen({{1, NAN}, {NAN, 1}}).values.size() == 2);
}
