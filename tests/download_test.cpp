#include "data/download.h"

#include <doctest/doctest.h>

#include "data/cifar10.h"
#include "tests/support/cifar10_archive.h"
#include "tests/support/message_of.h"
#include "tests/support/temporary_folder.h"

namespace fs = std::filesystem;
using data::Archive;
using data::download_cifar10;
using engine::InputError;
using test::holds;
using test::message_of;

namespace {

/// A small archive, and a place `target` to download it to, in a folder of its own.
struct Fixture {
    Fixture() { fs::create_directory(home()); }

    const fs::path& folder() const { return temporary.path(); }
    fs::path home() const { return folder() / "home"; }
    fs::path target() const { return home() / "cifar-10"; }
    fs::path archive_path() const { return folder() / "cifar-10-binary.tar.gz"; }
    bool home_is_empty() const { return fs::is_empty(home()); }

    test::TemporaryFolder temporary;
    Archive archive = test::make_cifar10_archive(archive_path(), 3);
};

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

TEST_CASE("SHA-256 of the standard's examples") {
    const auto digest = [](std::initializer_list<std::string> pieces) {
        data::Sha256 sha256;
        for (const std::string& piece : pieces) sha256.update(piece);
        return sha256.hex();
    };
    // FIPS 180-4's examples "abc" and the empty message.
    CHECK(digest({"a", "bc"}) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE_FIXTURE(Fixture, "a download puts the known files in place, and nothing else") {
    std::int64_t received = 0, total = 0;
    CHECK(download_cifar10(target(), archive,
                           [&](std::int64_t now, std::int64_t of) { received = now, total = of; }));
    CHECK(received == archive.bytes);
    CHECK(total == archive.bytes);
    CHECK(names_in(target()) == std::vector<std::string>{"batches.meta.txt", "data_batch_1.bin",
                                                         "data_batch_2.bin", "data_batch_3.bin",
                                                         "data_batch_4.bin", "data_batch_5.bin",
                                                         "test_batch.bin"});
    CHECK(test::read_bytes(target() / "data_batch_2.bin") == test::synthetic_cifar10_file(1, 3));
    CHECK(names_in(home()) == std::vector<std::string>{"cifar-10"});

    // A second time there is nothing to do: the archive is not even asked for.
    fs::remove(archive_path());
    CHECK_FALSE(download_cifar10(target(), archive));
}

TEST_CASE_FIXTURE(Fixture, "an empty folder, missing parents and a slash at the end are no obstacle") {
    fs::create_directory(target());
    CHECK(download_cifar10(target().string() + "/", archive));
    CHECK(download_cifar10(home() / "a" / "b" / "c", archive));
    CHECK(data::Cifar10(home() / "a" / "b" / "c", data::Split::train).size() == 15);
}

TEST_CASE_FIXTURE(Fixture, "a wrong digest or size is refused and leaves nothing") {
    SUBCASE("digest") {
        const std::string true_digest = archive.sha256;
        archive.sha256.front() = archive.sha256.front() == '0' ? '1' : '0';
        const std::string message = message_of<InputError>([&] { download_cifar10(target(), archive); });
        CHECK(holds(message, "SHA-256", true_digest, archive.sha256, archive.url));
    }
    SUBCASE("too short") {
        archive.bytes += 1;
        const std::string message = message_of<InputError>([&] { download_cifar10(target(), archive); });
        CHECK(holds(message, std::to_string(archive.bytes), std::to_string(archive.bytes - 1)));
    }
    SUBCASE("too long") {
        archive.bytes -= 1;
        const std::string message = message_of<InputError>([&] { download_cifar10(target(), archive); });
        CHECK(holds(message, std::to_string(archive.bytes), archive.url));
    }
    CHECK(home_is_empty());
}

TEST_CASE_FIXTURE(Fixture, "a damaged or incomplete archive is refused and leaves nothing") {
    SUBCASE("truncated") {
        fs::resize_file(archive_path(), fs::file_size(archive_path()) / 2);
        archive = test::describe_archive(archive_path());
    }
    SUBCASE("no archive at all") {
        test::write_bytes(archive_path(), "<html>moved</html>");
        archive = test::describe_archive(archive_path());
    }
    SUBCASE("a file missing") {
        auto members = test::cifar10_members(3);
        members.pop_back();
        test::write_tar_gz(archive_path(), members);
        archive = test::describe_archive(archive_path());
    }
    SUBCASE("a file too short") {
        auto members = test::cifar10_members(3);
        members.back().bytes.pop_back();
        test::write_tar_gz(archive_path(), members);
        archive = test::describe_archive(archive_path());
    }
    CHECK_THROWS_AS(download_cifar10(target(), archive), InputError);
    CHECK(home_is_empty());
}

TEST_CASE_FIXTURE(Fixture, "paths in the archive lead nowhere") {
    auto members = test::cifar10_members(2);
    for (auto& member : members) member.path = "../../" + member.path;
    members.push_back({"../../outside.txt", "x"});
    members.push_back({"../outside.bin", "x"});
    members.push_back({(folder() / "absolute.bin").string(), "x"});
    test::write_tar_gz(archive_path(), members);
    CHECK(download_cifar10(target(), test::describe_archive(archive_path())));
    CHECK(names_in(folder()) == std::vector<std::string>{"cifar-10-binary.tar.gz", "home"});
    CHECK(names_in(home()) == std::vector<std::string>{"cifar-10"});
    CHECK(names_in(target()).size() == 7);
}

TEST_CASE_FIXTURE(Fixture, "what is in the folder is never touched") {
    fs::create_directory(target());
    test::write_bytes(target() / "diary.txt", "dear diary");
    CHECK_THROWS_AS(download_cifar10(target(), archive), InputError);
    CHECK(names_in(target()) == std::vector<std::string>{"diary.txt"});
    CHECK(test::read_bytes(target() / "diary.txt") == "dear diary");
    CHECK(names_in(home()) == std::vector<std::string>{"cifar-10"});
}

TEST_CASE_FIXTURE(Fixture, "what the network does not give is a network error") {
    fs::remove(archive_path());
    CHECK(holds(message_of<data::NetworkError>([&] { download_cifar10(target(), archive); }), archive.url));
    CHECK(home_is_empty());
}

TEST_CASE_FIXTURE(Fixture, "protocols other than https and file are refused") {
    for (const std::string url : {"http://localhost:9/x", "ftp://localhost:9/x", "gopher://localhost:9/x"}) {
        archive.url = url;
        const std::string message =
            message_of<data::NetworkError>([&] { download_cifar10(target(), archive); });
        CHECK(holds(message, "rotocol"));
    }
    CHECK(home_is_empty());
}

TEST_CASE_FIXTURE(Fixture, "the progress callback can give up") {
    struct Interrupted {};
    const auto give_up = [](std::int64_t, std::int64_t) { throw Interrupted(); };
    CHECK_THROWS_AS(download_cifar10(target(), archive, give_up), Interrupted);
    CHECK(home_is_empty());
}
