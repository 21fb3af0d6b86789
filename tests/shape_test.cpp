#include "engine/shape.h"

#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/message_of.h"

using engine::Shape;
using engine::UsageError;
using test::holds;
using test::message_of;

TEST_CASE("a shape knows its rank, extents and number of elements") {
    const Shape shape{2, 3, 5, 7};
    CHECK(shape.rank() == 4);
    CHECK(shape[0] == 2);
    CHECK(shape[3] == 7);
    CHECK(shape.numel() == 210);
    CHECK(std::vector<std::int64_t>(shape.begin(), shape.end()) == std::vector<std::int64_t>{2, 3, 5, 7});
}

TEST_CASE("a scalar has no dimension and one element; an extent of 0 leaves none") {
    CHECK(Shape{}.rank() == 0);
    CHECK(Shape{}.numel() == 1);
    CHECK(Shape{3, 0, 2}.numel() == 0);
}

TEST_CASE("negative dimensions count from the last") {
    const Shape shape{2, 3, 5};
    CHECK(shape[-1] == 5);
    CHECK(shape[-3] == 2);
}

TEST_CASE("shapes are equal if all extents are, and their number") {
    CHECK(Shape{2, 3} == Shape{2, 3});
    CHECK(Shape{2, 3} != Shape{3, 2});
    CHECK(Shape{2, 3} != Shape{2, 3, 1});
    CHECK(Shape{} != Shape{1});
    CHECK(Shape{0} != Shape{});
}

TEST_CASE("to_string writes a shape as messages show it") {
    CHECK(engine::to_string(Shape{128, 32, 32, 3}) == "(128, 32, 32, 3)");
    CHECK(engine::to_string(Shape{5}) == "(5)");
    CHECK(engine::to_string(Shape{}) == "()");
}

TEST_CASE("impossible shapes and dimensions are refused") {
    CHECK(holds(message_of<UsageError>([] {
                    Shape{1, 2, 3, 4, 5};
                }),
                "5 dimensions", "in Shape", "at most 4"));
    CHECK(holds(message_of<UsageError>([] { Shape{2, -1}; }), "negative extent", "in Shape"));
    for (const int dimension : {2, -3, 100})
        CHECK(holds(message_of<UsageError>([&] {
                        static_cast<void>(Shape{4, 6}[dimension]);
                    }),
                    "dimension " + std::to_string(dimension), "(4, 6)", "2 dimensions"));
    CHECK_THROWS_AS(static_cast<void>(Shape{}[0]), UsageError);
}
