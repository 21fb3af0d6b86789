#include "engine/serialize/safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/serialize/layout.h"
#include "engine/storage.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/random_values.h"
#include "tests/support/temporary_folder.h"

using engine::InputError;
using engine::load_safetensors;
using engine::SafeTensors;
using engine::save_safetensors;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;

namespace {

std::string length_prefix(std::uint64_t length) {
    std::string bytes(sizeof(length), '\0');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
    return length_prefix(header.size()) + header + data;
}

/// The message of the InputError that the bytes, as a file, are refused with; empty if they are not.
std::string refusal(const std::string& bytes) {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "model.safetensors", bytes);
    try {
        load_safetensors(folder / "model.safetensors");
    } catch (const InputError& error) {
        const std::string message = error.what();
        CHECK(message.find((folder / "model.safetensors").string()) != std::string::npos);
        CHECK(message.find('\n') == std::string::npos);
        return message;
    }
    return "";
}

SafeTensors small_content() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor bytes = engine::zeros({3}, engine::DType::uint8);
    bytes.data<std::uint8_t>()[2] = 255;
    return {{{"z.weight", engine::tensor(std::vector<float>{1.5F, -0.0F, nan, 1e-42F, 5, 6}, {1, 2, 1, 3})},
             {"bytes", bytes},
             {"odd", engine::tensor(std::vector<float>{7}, {1})},
             {"count", engine::tensor(std::vector<std::int64_t>{-(1LL << 53) - 1}, {})},
             {"empty", engine::zeros({0, 4})},
             {"\"name\"\n\xC3\xA9", engine::ones({2, 2})}},
            {{"epoch", "3"}, {"note", "a \"quote\", \xC3\xA9"}}};
}

std::string small_file() {
    const test::TemporaryFolder folder;
    save_safetensors(folder / "small", small_content());
    return test::read_bytes(folder / "small");
}

bool same_bits(const Tensor& a, const Tensor& b) {
    const auto same = [&]<typename T>(T) {
        return std::memcmp(a.data<T>(), b.data<T>(), a.values<T>().size_bytes()) == 0;
    };
    if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
    switch (a.dtype()) {
        case engine::DType::float32:
            return same(float{});
        case engine::DType::int64:
            return same(std::int64_t{});
        case engine::DType::uint8:
            return same(std::uint8_t{});
    }
    return false;
}

void check_same(const SafeTensors& a, const SafeTensors& b) {
    CHECK(a.metadata == b.metadata);
    REQUIRE(a.tensors.size() == b.tensors.size());
    for (std::size_t i = 0; i < a.tensors.size(); ++i) {
        CAPTURE(a.tensors[i].first);
        CHECK(a.tensors[i].first == b.tensors[i].first);
        CHECK(same_bits(a.tensors[i].second, b.tensors[i].second));
    }
}

}  // namespace

TEST_CASE("what was saved is loaded: names, order, types, shapes, bits and metadata") {
    const test::TemporaryFolder folder;
    for (const SafeTensors& content :
         {small_content(), SafeTensors{}, SafeTensors{{}, {{"only", "metadata"}}}}) {
        save_safetensors(folder / "x", content);
        check_same(load_safetensors(folder / "x"), content);
    }
}

TEST_CASE("saved channels first, tensors are those that to_channels_first gives") {
    const test::TemporaryFolder folder;
    SafeTensors content = small_content();
    content.tensors.emplace_back("filters", engine::tensor(test::random_values<float>(72, 1), {2, 3, 3, 4}));
    save_safetensors(folder / "x", content, engine::SavedLayout::channels_first);
    for (auto& [name, tensor] : content.tensors) tensor = engine::to_channels_first(tensor);
    check_same(load_safetensors(folder / "x"), content);
}

TEST_CASE("the same content gives the same bytes, and each element lies at a multiple of its size") {
    const std::string bytes = small_file();
    CHECK(bytes == small_file());
    std::uint64_t header_length = 0;
    std::memcpy(&header_length, bytes.data(), sizeof(header_length));
    CHECK(header_length % 8 == 0);
    // int64 first, then the 11 floats, then the bytes, which would unalign what followed them.
    CHECK(bytes.size() == 8 + header_length + 8 + 44 + 3);
    const std::string header = bytes.substr(8, header_length);
    CHECK(header.find(R"("count":{"dtype":"I64","shape":[],"data_offsets":[0,8]})") != std::string::npos);
    CHECK(header.find(R"("bytes":{"dtype":"U8","shape":[3],"data_offsets":[52,55]})") != std::string::npos);
    CHECK(header.find("z.weight") < header.find("bytes"));
}

TEST_CASE("a file by another writer: any order, white space, escapes, data in the order of the names") {
    const test::TemporaryFolder folder;
    const float values[] = {1, 2, 3};
    std::string data(sizeof(values), '\0');
    std::memcpy(data.data(), values, sizeof(values));
    test::write_bytes(folder / "x", file_of(R"({ "b" : {"shape":[1],"data_offsets":[8,12],"dtype":"F32"},
            "\u0061":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]}, "__metadata__":{"k":"v"} }   )",
                                            data));
    const SafeTensors content = load_safetensors(folder / "x");
    CHECK(content.metadata.at("k") == "v");
    REQUIRE(content.tensors.size() == 2);
    CHECK(content.tensors[0].first == "b");
    CHECK(content.tensors[0].second.data()[0] == 3.0F);
    CHECK(content.tensors[1].first == "a");
    CHECK(content.tensors[1].second.shape() == Shape{1, 2});
    CHECK(content.tensors[1].second.data()[1] == 2.0F);
}

TEST_CASE("a damaged header is refused with the reason") {
    struct Case {
        std::string header;
        std::string reason;  ///< part of the message
    };
    const std::string good = R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    std::string deep_objects;
    for (int i = 0; i < 100'000; ++i) deep_objects += "{\"a\":";
    const auto entry = [](const std::string& fields) { return "{\"w\":{" + fields + "}}"; };
    const auto typed = [](const std::string& dtype) {
        return R"({"w":{"dtype":")" + dtype + R"(","shape":[2],"data_offsets":[0,8]}})";
    };
    const auto shaped = [](const std::string& shape) {
        return R"({"w":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]}})";
    };
    const auto placed = [](const std::string& offsets) {
        return R"({"w":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}}";
    };
    for (const auto& [header, reason] : std::vector<Case>{
             // not the JSON object it should be
             {"", "does not start with '{'"},
             {" {" + good + "}", "does not start with '{'"},
             {"\xEF\xBB\xBF{" + good + "}", "does not start with '{'"},
             {"[" + good + "]", "does not start with '{'"},
             {"null", "does not start with '{'"},
             {"{" + good, "no valid JSON"},
             {"{" + good + "}}", "no valid JSON"},
             {"{" + good + "} x", "no valid JSON"},
             {"{" + good + ",}", "no valid JSON"},
             {"{" + good + "}" + std::string(3, '\0'), "a zero byte"},
             {"{" + good + "}" + '\0' + "x", "a zero byte"},
             {"{" + good + ",\"\xFF\":{}}", "no valid JSON"},
             {R"({"\ud800":{}})", "no valid JSON"},
             {"{" + good + ",\"a\":" + deep + "}", "a list where none belongs"},
             {entry("\"shape\":" + deep), "a list where none belongs"},
             {deep_objects, "a field that is an object"},
             {R"({"w":{"shape":1e400}})", "no valid JSON"},
             // entries
             {"{" + good + "," + good + "}", "\"w\" is listed twice"},
             {R"({"w":3})", "\"w\" is not described by an object"},
             {R"({"w":null})", "\"w\" is not described by an object"},
             {R"({"w":[]})", "\"w\" has a list where none belongs"},
             {R"({"w":{}})", "lacks the field \"dtype\""},
             {entry(R"("dtype":"F32","shape":[2])"), "lacks the field \"data_offsets\""},
             {entry(R"("dtype":"F32","data_offsets":[0,8])"), "lacks the field \"shape\""},
             {entry(R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])"), "\"dtype\" twice"},
             {entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1)"), "unknown field \"x\""},
             // types
             {typed("F16"), "\"F16\""},
             {typed("F64"), "convert it to float32 with .float()"},
             {typed("BF16"), "tensor \"w\""},
             {typed("f32"), "unsupported type"},
             {typed(""), "unsupported type"},
             {entry(R"("dtype":7,"shape":[2],"data_offsets":[0,8])"), "a dtype that is no text"},
             // shapes
             {shaped("2"), "a shape that is no list"},
             {shaped("[-2]"), "no count"},
             {shaped("[2.0]"), "no count"},
             {shaped("[\"2\"]"), "no count"},
             {shaped("[true]"), "no count"},
             {shaped("[[2]]"), "a list where none belongs"},
             {shaped("[1,1,1,1,2]"), "5 dimensions"},
             {shaped("[3]"), "needs 12 bytes but has 8"},
             {shaped("[]"), "needs 4 bytes but has 8"},
             {shaped("[2,0]"), "needs 0 bytes but has 8"},
             {shaped("[18446744073709551615]"), "more elements than any memory"},
             {shaped("[18446744073709551616]"), "no count"},
             {shaped("[4611686018427387905]"), "more elements"},      // times 4 wraps around to 4
             {shaped("[4294967296,4294967296]"), "more elements"},    // the product wraps around to 0
             {shaped("[4294967296,2147483649,2]"), "more elements"},  // to 2^33
             {shaped("[0,4294967296,4294967296,4294967296]"), "more elements"},  // hidden by the 0
             {shaped("[1000000000000]"), "needs 4000000000000 bytes"},
             // offsets
             {placed("[0]"), "no pair"},
             {placed("[0,4,8]"), "no pair"},
             {placed("8"), "no pair"},
             {placed("[-8,0]"), "no count"},
             {placed("[0,8.0]"), "no count"},
             {placed("[8,0]"), "ends before it begins"},
             {placed("[0,16]"), "ends at byte 16 of the data, of which there are 8"},
             {placed("[18446744073709551608,18446744073709551615]"), "ends at byte"},
             {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "leaves a hole"},
             {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
              "4 bytes that belong to no tensor"},
             {"{}", "8 bytes that belong to no tensor"},
             {"{" + good + R"(,"v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "overlaps"},
             {"{" + good + R"(,"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "overlaps"},
             {"{" + good + R"(,"v":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})", "overlaps"},
             // metadata
             {"{" + good + R"(,"__metadata__":{"epoch":3}})", "metadata \"epoch\" is no text"},
             {"{" + good + R"(,"__metadata__":{"epoch":null}})", "metadata \"epoch\" is no text"},
             {"{" + good + R"(,"__metadata__":{"epoch":["3"]}})", "metadata \"epoch\" is no text"},
             {"{" + good + R"(,"__metadata__":{"k":"1","k":"2"}})", "\"k\" twice"},
             {"{" + good + R"(,"__metadata__":"text"})", "\"__metadata__\" is not described by an object"},
             {"{" + good + R"(,"__metadata__":{},"__metadata__":{}})", "listed twice"},
         }) {
        CAPTURE(header.substr(0, 200));
        CHECK(refusal(file_of(header, std::string(8, '\0'))).find(reason) != std::string::npos);
    }
    CHECK(refusal(file_of("{" + good + "}", std::string(8, '\0'))) == "");
}

TEST_CASE("a header length that lies is refused and nothing is allocated for it") {
    const std::string rest = "{}      ";
    const std::size_t before = engine::memory_statistics(engine::Device::cpu).reserved;
    for (std::uint64_t length : {std::uint64_t{9}, std::uint64_t{100'000'000}, std::uint64_t{100'000'001},
                                 std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
        CAPTURE(length);
        CHECK(refusal(length_prefix(length) + rest).find(std::to_string(length)) != std::string::npos);
    }
    CHECK(engine::memory_statistics(engine::Device::cpu).reserved == before);
}

TEST_CASE("a file cut short at any length, or with anything after its end, is refused") {
    const std::string whole = small_file();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK(refusal(whole.substr(0, length)) != "");
    }
    CHECK(refusal(whole + '\0').find("1 bytes that belong to no tensor") != std::string::npos);
    CHECK(refusal(whole) == "");
}

TEST_CASE("whatever one byte of the header becomes, the file is loaded or refused, never worse") {
    const std::string whole = small_file();
    const test::TemporaryFolder folder;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < whole.size() - 55; ++i)
        for (const char byte : {'\0', '"', '{', ']', '9', '-', '\x80'}) {
            std::string changed = whole;
            changed[i] = byte;
            test::write_bytes(folder / "x", changed);
            try {
                load_safetensors(folder / "x");
            } catch (const InputError&) {
                ++refused;
            }
        }
    CHECK(refused > whole.size());
}

TEST_CASE("names from a file cannot write on the terminal or flood it") {
    const std::string escape =
        refusal(file_of("{\"\\u001b[2J\\n\":{\"dtype\":\"F16\",\"shape\":[0],\"data_offsets\":[0,0]}}", ""));
    CHECK(escape.find("\\u001b[2J\\n") != std::string::npos);
    CHECK(escape.find('\x1b') == std::string::npos);
    CHECK(refusal(file_of("{\"" + std::string(100'000, 'n') + "\":0}", "")).size() < 500);
}

TEST_CASE("a missing file or a folder is an InputError that names it") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(load_safetensors(folder / "none"), doctest::Contains("no such file"), InputError);
    CHECK_THROWS_WITH_AS(load_safetensors(folder.path()), doctest::Contains(folder.path().c_str()),
                         InputError);
}

TEST_CASE("names that the format cannot hold are refused before anything is written") {
    const test::TemporaryFolder folder;
    const Tensor x = engine::ones({1});
    CHECK_THROWS_AS(save_safetensors(folder / "x", {{{"a", x}, {"a", x}}, {}}), UsageError);
    CHECK_THROWS_AS(save_safetensors(folder / "x", {{{"__metadata__", x}}, {}}), UsageError);
    CHECK_THROWS_AS(save_safetensors(folder / "x", {{{"\xFF", x}}, {}}), UsageError);
    CHECK_THROWS_AS(save_safetensors(folder / "x", {{}, {{"k", "\xFF"}}}), UsageError);
    CHECK_THROWS_AS(save_safetensors(folder / "x", {{{"a", Tensor()}}, {}}), UsageError);
    CHECK(folder.entries() == 0);
}

TEST_CASE("when writing fails the old file is kept") {
    const test::TemporaryFolder folder;
    save_safetensors(folder / "x", small_content());
    bool failed = false;
    {
        const test::FileSizeLimit limit(4096);
        try {
            save_safetensors(folder / "x", {{{"large", engine::ones({10'000})}}, {}});
        } catch (const engine::IoError&) {
            failed = true;
        }
    }
    CHECK(failed);
    CHECK(folder.entries() == 1);
    check_same(load_safetensors(folder / "x"), small_content());
    CHECK_THROWS_AS(save_safetensors(folder / "missing/x", {}), engine::IoError);
}
