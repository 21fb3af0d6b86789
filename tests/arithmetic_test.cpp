#include "engine/ops/arithmetic.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::gradient_of;
using test::holds;
using test::leaf;
using test::message_of;
using test::to_vector;

namespace {

Tensor row() { return leaf({10, 20, 30}, {3}); }
Tensor matrix() { return leaf({1, 2, 3, 4, 5, 6}, {2, 3}); }

/// Backward from the sum of all elements, each weighted by its place: 1, 2, 3, ...
void backward_with_weights(const Tensor& out) {
    Floats weights(out.values().size());
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i + 1);
    engine::sum(out * engine::tensor(weights, out.shape())).backward();
}

}  // namespace

TEST_CASE("+, - and * of equal shapes") {
    const Tensor x = leaf({1, 2}, {2}), y = leaf({3, 5}, {2});
    CHECK(to_vector(x + y) == Floats{4, 7});
    CHECK(to_vector(x - y) == Floats{-2, -3});
    CHECK(to_vector(x * y) == Floats{3, 10});
    CHECK(to_vector(x * 0.5F) == Floats{0.5F, 1});
    CHECK(to_vector(engine::add(x, y, 2.0F)) == Floats{7, 12});
}

TEST_CASE("a row spreads over a matrix; its gradient sums over the rows") {
    SUBCASE("+") {
        const Tensor x = matrix(), y = row(), out = x + y;
        CHECK(out.shape() == Shape{2, 3});
        CHECK(to_vector(out) == Floats{11, 22, 33, 14, 25, 36});
        backward_with_weights(out);
        CHECK(gradient_of(x) == Floats{1, 2, 3, 4, 5, 6});
        CHECK(gradient_of(y) == Floats{5, 7, 9});
    }
    SUBCASE("- with the row first") {
        const Tensor x = row(), y = matrix(), out = x - y;
        CHECK(to_vector(out) == Floats{9, 18, 27, 6, 15, 24});
        backward_with_weights(out);
        CHECK(gradient_of(x) == Floats{5, 7, 9});
        CHECK(gradient_of(y) == Floats{-1, -2, -3, -4, -5, -6});
    }
    SUBCASE("*") {
        const Tensor x = matrix(), y = row(), out = x * y;
        CHECK(to_vector(out) == Floats{10, 40, 90, 40, 100, 180});
        backward_with_weights(out);
        CHECK(gradient_of(x) == Floats{10, 40, 90, 40, 100, 180});
        CHECK(gradient_of(y) == Floats{1 * 1 + 4 * 4, 2 * 2 + 5 * 5, 3 * 3 + 6 * 6});
    }
}

TEST_CASE("both operands may stretch at once") {
    const Tensor column = leaf({2, 3}, {2, 1}), line = leaf({5, 7, 11}, {1, 3});
    const Tensor out = column * line;
    CHECK(out.shape() == Shape{2, 3});
    CHECK(to_vector(out) == Floats{10, 14, 22, 15, 21, 33});
    backward_with_weights(out);
    CHECK(gradient_of(column) == Floats{1 * 5 + 2 * 7 + 3 * 11, 4 * 5 + 5 * 7 + 6 * 11});
    CHECK(gradient_of(line) == Floats{1 * 2 + 4 * 3, 2 * 2 + 5 * 3, 3 * 2 + 6 * 3});
}

TEST_CASE("a scalar fits everything, and shapes follow NumPy's rules") {
    const Tensor scalar = leaf({4}, {}), x = matrix();
    CHECK(to_vector(scalar - x) == Floats{3, 2, 1, 0, -1, -2});
    engine::sum(scalar * x).backward();
    CHECK(gradient_of(scalar) == Floats{21});
    CHECK(gradient_of(x) == Floats(6, 4.0F));

    CHECK((engine::ones({}) + engine::ones({})).shape() == Shape{});
    CHECK((engine::ones({1}) + engine::ones({})).shape() == Shape{1});
    CHECK((engine::ones({2, 1, 4, 1}) + engine::ones({3, 1, 5})).shape() == Shape{2, 3, 4, 5});
    CHECK((engine::ones({0, 3}) + engine::ones({3})).shape() == Shape{0, 3});
    CHECK((engine::ones({0}) * engine::ones({1})).shape() == Shape{0});
}

TEST_CASE("an operand that wants no gradient gets none") {
    const Tensor x = leaf({1, 2}, {2}), constant = engine::tensor(Floats{3, 4}, {2});
    engine::sum(x * constant + constant - x).backward();
    CHECK(gradient_of(x) == Floats{2, 3});
    CHECK(!constant.grad().defined());
    const Tensor scaled = x * 3.0F;
    engine::sum(scaled).backward();
    CHECK(gradient_of(x) == Floats{5, 6});
}

TEST_CASE("numbers on either side") {
    const Tensor x = leaf({1, 2}, {2});
    CHECK(to_vector(x + 3) == Floats{4, 5});
    CHECK(to_vector(3 + x) == Floats{4, 5});
    CHECK(to_vector(x - 3) == Floats{-2, -1});
    CHECK(to_vector(3 - x) == Floats{2, 1});
    CHECK(to_vector(4 * x) == Floats{4, 8});
    CHECK(to_vector(x / 4) == Floats{0.25F, 0.5F});
    CHECK(to_vector(-x) == Floats{-1, -2});
    engine::sum(1 - 2 * (x / 4 - 3)).backward();
    CHECK(gradient_of(x) == Floats{-0.5F, -0.5F});
}

TEST_CASE("sum and mean give scalars and spread their gradient evenly") {
    const Tensor x = matrix();
    CHECK(engine::sum(x).shape() == Shape{});
    CHECK(engine::sum(x).item() == 21.0);
    CHECK(engine::mean(x).item() == doctest::Approx(3.5));
    engine::mean(x * 6.0F).backward();
    for (const float gradient : gradient_of(x)) CHECK(gradient == doctest::Approx(1.0));
    CHECK(engine::sum(engine::full({}, 2.0F)).item() == 2.0);
    CHECK(engine::sum(engine::zeros({0, 3})).item() == 0.0);
    CHECK(std::isnan(engine::mean(engine::zeros({0})).item()));
}

TEST_CASE("NaN and infinity pass through") {
    const Tensor x = engine::tensor(Floats{NAN, INFINITY, 1}, {3});
    const Floats sum = to_vector(x + engine::ones({3})), product = to_vector(x * engine::zeros({3}));
    CHECK(std::isnan(sum[0]));
    CHECK(sum[1] == INFINITY);
    CHECK(std::isnan(product[0]));
    CHECK(std::isnan(product[1]));
    CHECK(std::isnan(engine::sum(x).item()));
}

TEST_CASE("shapes that do not fit are refused with both shapes") {
    const Tensor x = engine::zeros({2, 3}), y = engine::zeros({2}),
                 labels = engine::zeros({3}, engine::DType::int64);
    CHECK(holds(message_of<UsageError>([&] { x + y; }), "(2, 3)", "(2)", "in add", "extents must agree"));
    CHECK(holds(message_of<UsageError>([&] { y - x; }), "(2)", "(2, 3)", "in add"));
    CHECK(holds(message_of<UsageError>([&] { x* y; }), "(2, 3)", "(2)", "in mul"));
    CHECK(holds(message_of<UsageError>([&] { x* labels; }), "int64", "in mul", "float32"));
    CHECK(holds(message_of<UsageError>([&] { Tensor() + x; }), "undefined", "in add"));
    CHECK_THROWS_AS(engine::zeros({0}) + engine::zeros({2}), UsageError);
    CHECK_THROWS_AS(engine::sum(labels), UsageError);
    CHECK_THROWS_AS(engine::mean(Tensor()), UsageError);
}
