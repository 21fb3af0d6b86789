#include "engine/random.h"

#include <array>
#include <cstdlib>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using engine::Generator;
using engine::RandomStream;

namespace {

std::vector<std::uint32_t> words(const RandomStream& stream, std::uint64_t count) {
    std::vector<std::uint32_t> result;
    for (std::uint64_t i = 0; i < count; ++i) result.push_back(stream.word(i));
    return result;
}

}  // namespace

TEST_CASE("an element depends on seed, stream and index alone") {
    const RandomStream stream{7, 3};
    const auto forwards = words(stream, 10);
    for (std::uint64_t i = 10; i-- > 0;) {
        CHECK(stream.word(i) == forwards[i]);
        CHECK(stream.word(i) == kernels::philox_word(7, 3, i));
    }
    CHECK(words({7, 4}, 10) != forwards);
    CHECK(words({8, 3}, 10) != forwards);
    CHECK(words({7, 3 + (std::uint64_t{1} << 32)}, 10) != forwards);
}

TEST_CASE("uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12") {
    const RandomStream stream{1, 2};
    constexpr std::uint64_t count = 20'000;
    double sum = 0, squares = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const float x = stream.uniform(i);
        REQUIRE(x >= 0.0F);
        REQUIRE(x < 1.0F);
        sum += x;
        squares += static_cast<double>(x) * x;
    }
    // Standard errors: 0.002 and 0.0005.
    const double mean = sum / count;
    CHECK(mean == doctest::Approx(0.5).epsilon(0.02));
    CHECK(squares / count - mean * mean == doctest::Approx(1.0 / 12).epsilon(0.03));
}

TEST_CASE("below() draws each number under its bound about equally often") {
    const RandomStream stream{5, 0};
    std::array<int, 7> counts{};
    for (std::uint64_t i = 0; i < 7'000; ++i) {
        const std::uint32_t drawn = stream.below(i, 7);
        REQUIRE(drawn < 7);
        ++counts[drawn];
    }
    for (const int count : counts) CHECK(std::abs(count - 1'000) < 150);  // five standard deviations
    for (std::uint64_t i = 0; i < 100; ++i) {
        CHECK(stream.below(i, 1) == 0);
        CHECK(stream.below(i, 0xffffffff) < 0xffffffff);
    }
}

TEST_CASE("a generator hands out one stream after the other") {
    Generator generator(42);
    std::set<std::uint32_t> first_words;
    for (std::uint64_t i = 0; i < 50; ++i) {
        CHECK(generator.next_stream() == i);
        const RandomStream stream = generator.next();
        CHECK(stream.seed == 42);
        CHECK(stream.stream == i);
        first_words.insert(stream.word(0));
    }
    CHECK(first_words.size() == 50);
}

TEST_CASE("seed and next_stream are all there is to restore") {
    Generator generator(9);
    for (int i = 0; i < 3; ++i) generator.next();
    const std::uint64_t seed = generator.seed(), next_stream = generator.next_stream();
    const auto expected = words(generator.next(), 8);
    Generator other(1);
    other.restore(seed, next_stream);
    CHECK(words(other.next(), 8) == expected);
    CHECK(other.next_stream() == generator.next_stream());
}

TEST_CASE("manual_seed starts the default generator afresh") {
    engine::manual_seed(123);
    const auto first = words(engine::default_generator().next(), 8);
    const auto second = words(engine::default_generator().next(), 8);
    CHECK(first != second);
    engine::manual_seed(123);
    CHECK(words(engine::default_generator().next(), 8) == first);
    CHECK(words(engine::default_generator().next(), 8) == second);
    engine::manual_seed(124);
    CHECK(words(engine::default_generator().next(), 8) != first);
    CHECK(engine::default_generator().seed() == 124);
}
