#include "engine/serialize/npy.h"

#include <cstring>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/temporary_folder.h"

using engine::Shape;

namespace {

struct Npy {
    std::string description;
    std::string data;
};

/// Takes a file of format version 1.0 apart.
Npy take_apart(const std::string& bytes) {
    REQUIRE(bytes.size() >= 10);
    REQUIRE(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
    const std::size_t length =
        static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    REQUIRE(bytes.size() >= 10 + length);
    CHECK((10 + length) % 64 == 0);
    CHECK(bytes[10 + length - 1] == '\n');
    return {bytes.substr(10, length), bytes.substr(10 + length)};
}

}  // namespace

TEST_CASE("header and elements are those NumPy writes") {
    struct Case {
        Shape shape;
        std::string description;
    };
    const test::TemporaryFolder folder;
    for (const auto& [shape, description] :
         {Case{{2, 3}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"},
          Case{{6}, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }"},
          Case{{}, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"},
          Case{{0, 10}, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 10), }"},
          Case{{123456, 0, 123456789, 123456789},
               "{'descr': '<f4', 'fortran_order': False, 'shape': (123456, 0, 123456789, 123456789), }"}}) {
        CAPTURE(description);
        const engine::Tensor x = engine::empty(shape);
        for (std::size_t i = 0; i < x.values().size(); ++i) x.values()[i] = 0.5F + static_cast<float>(i);
        engine::save_npy(folder / "x.npy", x);
        const Npy npy = take_apart(test::read_bytes(folder / "x.npy"));
        CHECK(npy.description.substr(0, description.size()) == description);
        CHECK(npy.description.find_first_not_of(' ', description.size()) == npy.description.size() - 1);
        REQUIRE(npy.data.size() == x.values().size_bytes());
        CHECK(std::memcmp(npy.data.data(), x.data(), npy.data.size()) == 0);
    }
}

TEST_CASE("other element types are refused, and the old file is kept") {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "x.npy", "old");
    CHECK_THROWS_AS(engine::save_npy(folder / "x.npy", engine::tensor(std::vector<std::int64_t>{1}, {1})),
                    engine::UsageError);
    CHECK_THROWS_AS(engine::save_npy(folder / "missing/x.npy", engine::ones({1})), engine::IoError);
    CHECK(test::read_bytes(folder / "x.npy") == "old");
    CHECK(folder.entries() == 1);
}
