#include "engine/optim/orthogonalize.h"

#include "engine/error.h"
#include "kernels/newton_schulz/newton_schulz.h"
#include "tests/support/gpu.h"
#include "tests/support/message_of.h"
#include "tests/support/random_values.h"
#include "tests/support/tensors.h"

using engine::Tensor;
using test::Floats;
using Doubles = std::vector<double>;

namespace {

/// x (rows, columns) after some rounds of X <- (a I + b G + c G^2) X with G = X X^T, product by product, as
/// torch.optim.Muon does it, in double.
Doubles by_definition(const Floats& values, std::int64_t rows, std::int64_t columns, int rounds) {
    using P = kernels::NewtonSchulzPolynomial<double>;
    Doubles x(values.begin(), values.end());
    double norm = 0;
    for (const double value : x) norm += value * value;
    for (double& value : x) value /= std::max(std::sqrt(norm), 1e-7);
    const auto at = [columns](std::int64_t row, std::int64_t column) {
        return static_cast<std::size_t>(row * columns + column);
    };
    for (int round = 0; round < rounds; ++round) {
        const auto multiplied_by_gram = [&](const Doubles& y) {
            Doubles result(y.size());
            for (std::int64_t i = 0; i < rows; ++i)
                for (std::int64_t j = 0; j < rows; ++j) {
                    double gram = 0;
                    for (std::int64_t k = 0; k < columns; ++k) gram += x[at(i, k)] * x[at(j, k)];
                    for (std::int64_t k = 0; k < columns; ++k) result[at(i, k)] += gram * y[at(j, k)];
                }
            return result;
        };
        const Doubles once = multiplied_by_gram(x), twice = multiplied_by_gram(once);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = P::a * x[i] + P::b * once[i] + P::c * twice[i];
    }
    return x;
}

Floats orthogonalized(const Floats& values, const engine::Shape& shape, std::int64_t rounds,
                      engine::Device device) {
    const Tensor matrix = engine::tensor(values, shape).to(device).clone();
    engine::optim::orthogonalize(matrix, rounds);
    return test::to_vector(matrix.to(engine::Device::cpu));
}

struct Case {
    std::int64_t rows, columns;
};

/// A gram matrix's diagonal is not negative.
Floats with_diagonal_2(Floats matrix, std::int64_t size) {
    for (std::int64_t i = 0; i < size; ++i) matrix[static_cast<std::size_t>(i * (size + 1))] = 2;
    return matrix;
}

constexpr Case cases[] = {{1, 1}, {1, 9}, {9, 1}, {3, 7}, {7, 3}, {16, 27}, {27, 16}, {33, 100}, {64, 64}};

}  // namespace

TEST_CASE("orthogonalize is the iteration by its definition, on every device and any number of threads") {
    for (const auto& [rows, columns] : cases)
        for (const int rounds : {0, 1, 5}) {
            CAPTURE(rows);
            CAPTURE(columns);
            CAPTURE(rounds);
            const Floats values = test::random_values<float>(rows * columns, 3);
            const Doubles expected = by_definition(values, rows, columns, rounds);
            std::vector<Floats> results = test::same_for_any_threads([&] {
                return std::vector<Floats>{
                    orthogonalized(values, {rows, columns}, rounds, engine::Device::cpu)};
            });
            for (const engine::Device device : test::other_devices())
                results.push_back(orthogonalized(values, {rows, columns}, rounds, device));
            for (const Floats& result : results)
                test::check_close("matrix", result, expected, {.absolute = 2e-4, .relative = 0});
        }
}

TEST_CASE("after five rounds all singular values are about 1") {
    // The diagonal of a matrix that is one holds its singular values; a large and a small one.
    const Tensor x = engine::tensor(Floats{500, 0, 0, 0, 20, 0, 0, 0, -3}, {3, 3});
    engine::optim::orthogonalize(x);
    for (std::size_t i = 0; i < 9; ++i) {
        CAPTURE(i);
        if (i % 4 != 0) CHECK(x.values()[i] == 0);
        if (i % 4 == 0) CHECK(std::abs(x.values()[i]) == doctest::Approx(0.95).epsilon(0.3));
    }
    CHECK(x.values()[8] < 0);
}

TEST_CASE("orthogonalize: zeros stay zeros, filters are rows, vectors are refused") {
    const Tensor none = engine::zeros({4, 6});
    engine::optim::orthogonalize(none);
    CHECK(test::to_vector(none) == Floats(24));
    engine::optim::orthogonalize(engine::zeros({0, 3}));
    const Floats values = test::random_values<float>(4 * 3 * 3 * 5, 4);
    CHECK(orthogonalized(values, {4, 3, 3, 5}, 5, engine::Device::cpu) ==
          orthogonalized(values, {4, 45}, 5, engine::Device::cpu));
    CHECK(test::holds(
        test::message_of<engine::UsageError>([] { engine::optim::orthogonalize(engine::ones({3})); }),
        "in orthogonalize", "give a matrix"));
}

TEST_CASE("newton_schulz: fast equals reference") {
    for (const std::int64_t size : {0, 1, 3, 17, 64, 150}) {
        CAPTURE(size);
        const Floats gram = with_diagonal_2(test::random_values<float>(size * size, 1), size),
                     square = test::random_values<float>(size * size, 2);
        const auto reference = [&] {
            test::Results r{gram, test::poisoned<float>(size * size), test::poisoned<float>(size * size)};
            kernels::reference::newton_schulz_begin(
                kernels::NewtonSchulzBegin<float>{r[1].data(), r[0].data(), 1e-7F, size});
            kernels::reference::newton_schulz_polynomial(
                kernels::NewtonSchulzPolynomial<float>{r[2].data(), r[0].data(), square.data(), size});
            return r;
        }();
        auto results = test::on_gpus([&](auto& device) {
            const auto gram_there = device.array(gram), square_there = device.array(square);
            const auto factor = device.array(test::poisoned<float>(size * size));
            const auto polynomial = device.array(test::poisoned<float>(size * size));
            kernels::newton_schulz_begin(device.id(), {factor.data(), gram_there.data(), 1e-7F, size});
            kernels::newton_schulz_polynomial(
                device.id(), {polynomial.data(), gram_there.data(), square_there.data(), size});
            return test::Results{gram_there.values(), factor.values(), polynomial.values()};
        });
        results.push_back(test::same_for_any_threads([&] {
            test::Results r{gram, test::poisoned<float>(size * size), test::poisoned<float>(size * size)};
            kernels::cpu::newton_schulz_begin({r[1].data(), r[0].data(), 1e-7F, size});
            kernels::cpu::newton_schulz_polynomial({r[2].data(), r[0].data(), square.data(), size});
            return r;
        }));
        for (const auto& result : results) {
            test::check_same_bits("gram", result[0], reference[0]);
            test::check_same_bits("factor", result[1], reference[1]);
            test::check_same_bits("polynomial", result[2], reference[2]);
        }
    }
}
