#include "kernels/common/philox.h"

#include <set>

#include <doctest/doctest.h>

using kernels::philox;
using kernels::philox4x32;
using kernels::philox_word;
using kernels::PhiloxBlock;

// Known answers that the authors' Random123 library is distributed with (file kat_vectors, philox4x32 10).
TEST_CASE("philox4x32-10 gives the authors' known answers") {
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("seed, stream and index fill key and counter, low word first") {
    CHECK(philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a word is its place in its block") {
    for (std::uint64_t i = 0; i < 20; ++i) CHECK(philox_word(7, 3, i) == philox(7, 3, i / 4)[i % 4]);
    const std::uint64_t far = (std::uint64_t{1} << 40) + 2;
    CHECK(philox_word(7, 3, far) == philox(7, 3, std::uint64_t{1} << 38)[2]);
}

TEST_CASE("seeds, streams and indices give different blocks") {
    std::set<PhiloxBlock> blocks;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        for (std::uint64_t stream = 0; stream < 5; ++stream) {
            for (std::uint64_t index = 0; index < 5; ++index) blocks.insert(philox(seed, stream, index));
        }
    }
    CHECK(blocks.size() == 125);
}

TEST_CASE("uniform_from_bits reaches 0 but not 1") {
    CHECK(kernels::uniform_from_bits(0) == 0.0F);
    CHECK(kernels::uniform_from_bits(0x80000000) == 0.5F);
    CHECK(kernels::uniform_from_bits(0xffffffff) == 1.0F - 0x1p-24F);
}
