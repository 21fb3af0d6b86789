#include "data/cifar10.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "data/summary.h"
#include "engine/error.h"
#include "tests/support/message_of.h"
#include "tests/support/synthetic_cifar10.h"
#include "tests/support/temporary_folder.h"

namespace fs = std::filesystem;
using data::Cifar10;
using data::Split;
using engine::InputError;
using test::holds;
using test::message_of;

namespace {

constexpr std::int64_t records = 3;

/// A folder of three records a file.
struct Fixture {
    Fixture() { test::write_synthetic_cifar10(folder(), records); }

    const fs::path& folder() const { return temporary.path(); }
    std::string refusal(Split split = Split::train) const {
        return message_of<InputError>([&] { Cifar10(folder(), split); });
    }

    test::TemporaryFolder temporary;
};

void set_byte(const fs::path& path, std::int64_t position, char value) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(position).put(value);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "both splits are read in file order, planes turned into pixels") {
    const Cifar10 train(folder(), Split::train);
    const Cifar10 test(folder(), Split::test);
    CHECK(train.size() == 5 * records);
    CHECK(test.size() == records);

    for (const std::int64_t index : {0, 4, 14}) {
        const std::int64_t file = index / records, record = index % records;
        const data::Example example = train.get(index);
        CHECK(example.label == (file + record) % 10);
        CHECK(train.label(index) == example.label);
        REQUIRE(example.input.shape() == engine::Shape{32, 32, 3});
        bool equal = true;
        for (std::int64_t y = 0; y < 32; ++y)
            for (std::int64_t x = 0; x < 32; ++x)
                for (std::int64_t c = 0; c < 3; ++c) {
                    const int byte = test::synthetic_byte(file, record, c * 1024 + y * 32 + x);
                    equal &= example.input.data()[(y * 32 + x) * 3 + c] == static_cast<float>(byte) / 255.0F;
                }
        CHECK(equal);
    }
    CHECK(test.get(0).label == 5);
    CHECK_THROWS_AS(train.get(-1), engine::UsageError);
    CHECK_THROWS_AS(train.get(train.size()), engine::UsageError);
    CHECK_THROWS_AS(test.label(records), engine::UsageError);
}

TEST_CASE_FIXTURE(Fixture, "a missing folder and missing files are named") {
    const fs::path nowhere = folder() / "nowhere";
    const std::string no_folder = message_of<InputError>([&] { Cifar10(nowhere, Split::test); });
    CHECK(holds(no_folder, "no such folder", nowhere.string()));

    fs::remove(folder() / "data_batch_4.bin");
    fs::remove(folder() / "test_batch.bin");
    const std::string message = refusal();
    CHECK(holds(message, "data_batch_4.bin", "test_batch.bin", folder().string()));
    CHECK_FALSE(holds(message, "data_batch_3.bin"));
}

TEST_CASE_FIXTURE(Fixture, "sizes that are no whole number of records are refused") {
    const fs::path file = folder() / "data_batch_2.bin";
    SUBCASE("a byte short") {
        fs::resize_file(file, records * 3073 - 1);
        CHECK(holds(refusal(), file.string(), "9218", "3073", "30730000", "truncated"));
    }
    SUBCASE("empty") {
        fs::resize_file(file, 0);
        CHECK(holds(refusal(), file.string(), "0 bytes"));
    }
    SUBCASE("in the split that is not opened") {
        fs::resize_file(folder() / "test_batch.bin", 100);
        CHECK(holds(refusal(), "test_batch.bin", "100 bytes"));
    }
}

TEST_CASE_FIXTURE(Fixture, "a file cut between two records shows beside one of the official size") {
    for (const data::Cifar10File& file : data::cifar10_files)
        fs::resize_file(folder() / file.name, data::cifar10_official_file_bytes);
    CHECK_NOTHROW(data::check_cifar10_files(folder()));
    fs::resize_file(folder() / "data_batch_5.bin", data::cifar10_official_file_bytes - 3073);
    const std::string message = message_of<InputError>([&] { data::check_cifar10_files(folder()); });
    CHECK(holds(message, "data_batch_5.bin", "30726927", "9999 records"));
}

TEST_CASE_FIXTURE(Fixture, "files may differ in length when none has the official size") {
    test::write_bytes(folder() / "data_batch_3.bin", test::synthetic_cifar10_file(2, 7));
    CHECK(Cifar10(folder(), Split::train).size() == 4 * records + 7);
}

TEST_CASE_FIXTURE(Fixture, "a label above 9 is found with its place") {
    set_byte(folder() / "data_batch_2.bin", 2 * 3073, 10);
    CHECK(holds(refusal(), "label 10", "data_batch_2.bin", "record 2"));
    CHECK(Cifar10(folder(), Split::test).size() == records);

    set_byte(folder() / "test_batch.bin", 0, '\xff');
    CHECK(holds(refusal(Split::test), "label 255", "test_batch.bin", "record 0"));
}

TEST_CASE_FIXTURE(Fixture, "the summary counts images per class") {
    const data::Cifar10Summary summary = data::summarize_cifar10(folder());
    CHECK(summary.file_bytes[0] == records * 3073);
    CHECK_FALSE(summary.has_official_size());
    CHECK(summary.train.images == 15);
    CHECK(summary.train.images_per_class == std::array<std::int64_t, 10>{1, 2, 3, 3, 3, 2, 1, 0, 0, 0});
    CHECK(summary.test.images_per_class == std::array<std::int64_t, 10>{0, 0, 0, 0, 0, 1, 1, 1, 0, 0});

    set_byte(folder() / "test_batch.bin", 0, 11);
    CHECK_THROWS_AS(data::summarize_cifar10(folder()), InputError);
}

TEST_CASE("the bundled sample is balanced and looks like CIFAR-10") {
    const fs::path sample = fs::path(CIFAR_ENGINE_SOURCE_DIR) / "data" / "sample";
    const data::Cifar10Summary summary = data::summarize_cifar10(sample);
    CHECK(summary.train.images == 2500);
    CHECK(summary.test.images == 500);
    for (const std::int64_t images : summary.train.images_per_class) CHECK(images == 250);
    for (const std::int64_t images : summary.test.images_per_class) CHECK(images == 50);

    const Cifar10 train(sample, Split::train);
    std::array<double, 3> mean{};
    for (std::int64_t i = 0; i < train.size(); ++i) {
        const engine::Tensor image = train.get(i).input;
        for (std::int64_t j = 0; j < image.numel(); ++j)
            mean[static_cast<std::size_t>(j % 3)] += image.data()[j];
    }
    for (std::size_t c = 0; c < 3; ++c)
        CHECK(mean[c] / (2500.0 * 1024) == doctest::Approx(data::cifar10_mean[c]).epsilon(0.02));
}

TEST_CASE("the published data set, where it is at hand") {
    const fs::path folder =
        fs::path(CIFAR_ENGINE_SOURCE_DIR) / ".." / "shared" / "data" / "cifar-10-batches-bin";
    if (!fs::exists(folder)) return;
    const data::Cifar10Summary summary = data::summarize_cifar10(folder);
    CHECK(summary.has_official_size());
    for (const std::int64_t images : summary.train.images_per_class) CHECK(images == 5000);
    for (const std::int64_t images : summary.test.images_per_class) CHECK(images == 1000);
}

TEST_CASE_FIXTURE(Fixture, "a range of images is a data set without copies") {
    const auto train = std::make_shared<const Cifar10>(folder(), Split::train);
    const data::ImageRange range(train, 4, 7);
    CHECK(range.size() == 7);
    CHECK(range.image_shape() == train->image_shape());
    for (const std::int64_t index : {0, 6}) {
        CHECK(range.label(index) == train->label(4 + index));
        const auto expected = train->get(4 + index).input, actual = range.get(index).input;
        CHECK(std::ranges::equal(actual.values(), expected.values()));
        std::vector<std::uint8_t> bytes(3072), expected_bytes(3072);
        range.copy_bytes(index, bytes.data());
        train->copy_bytes(4 + index, expected_bytes.data());
        CHECK(bytes == expected_bytes);
    }
    CHECK(data::ImageRange(train, 15, 0).size() == 0);
    for (const std::int64_t index : {-1, 7}) {
        CHECK_THROWS_AS(range.get(index), engine::UsageError);
        CHECK_THROWS_AS(range.label(index), engine::UsageError);
        CHECK_THROWS_AS(range.copy_bytes(index, nullptr), engine::UsageError);
    }
    for (const auto& [first, count] : {std::pair{-1, 2}, {0, 16}, {15, 1}, {3, -1}})
        CHECK(holds(message_of<engine::UsageError>([&] { data::ImageRange(train, first, count); }),
                    "in ImageRange"));
}
