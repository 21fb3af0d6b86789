#include "engine/serialize/tf_record.h"

#include <doctest/doctest.h>

using engine::crc32c;

namespace {

/// Bytes from `first` on, each `step` more than the one before.
std::string bytes(std::size_t count, int first, int step) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text.push_back(static_cast<char>(first + step * static_cast<int>(i)));
    return text;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C") {
    // RFC 3720, appendix B.4, and the usual check value.
    CHECK(crc32c(bytes(32, 0, 0)) == 0x8A9136AA);
    CHECK(crc32c(bytes(32, 0xFF, 0)) == 0x62A8AB43);
    CHECK(crc32c(bytes(32, 0, 1)) == 0x46DD794E);
    CHECK(crc32c(bytes(32, 31, -1)) == 0x113FDB5C);
    CHECK(crc32c("123456789") == 0xE3069283);
    CHECK(crc32c("") == 0);
}

TEST_CASE("records come out as they went in, one after the other") {
    const std::string large = bytes(70'000, 3, 7);
    const std::string file = engine::tf_record("first") + engine::tf_record("") + engine::tf_record(large);
    CHECK(file.size() == 3 * 16 + 5 + large.size());
    std::string_view rest = file;
    CHECK(engine::take_tf_record(rest) == "first");
    CHECK(engine::take_tf_record(rest) == "");
    CHECK(engine::take_tf_record(rest) == large);
    CHECK(rest.empty());
    CHECK_FALSE(engine::take_tf_record(rest));
}

TEST_CASE("half a record is none, and a changed bit is seen wherever it is") {
    const std::string record = engine::tf_record("some content");
    for (std::size_t length = 0; length < record.size(); ++length) {
        std::string_view rest = std::string_view(record).substr(0, length);
        CHECK_FALSE(engine::take_tf_record(rest));
        CHECK(rest.size() == length);
    }
    for (std::size_t i = 0; i < record.size() * 8; ++i) {
        std::string damaged = record;
        damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
        std::string_view rest = damaged;
        CHECK_FALSE(engine::take_tf_record(rest));
    }
    std::string endless = record;
    for (std::size_t i = 0; i < 8; ++i) endless[i] = '\xFF';
    std::string_view rest = endless;
    CHECK_FALSE(engine::take_tf_record(rest));
}
