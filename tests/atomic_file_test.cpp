#include "engine/serialize/atomic_file.h"

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_folder.h"

using engine::AtomicFile;
using engine::IoError;

TEST_CASE("what was written appears at commit, in order and whole") {
    const test::TemporaryFolder folder;
    AtomicFile file(folder / "a.txt");
    file.write("one ");
    file.write(std::string(200'000, 'x'));
    file.write("", 0);
    CHECK_FALSE(std::filesystem::exists(folder / "a.txt"));
    file.commit();
    CHECK(test::read_bytes(folder / "a.txt") == "one " + std::string(200'000, 'x'));
    CHECK(folder.entries() == 1);
}

TEST_CASE("an old file is replaced at commit, not before") {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "a.txt", "a longer old content");
    AtomicFile file(folder / "a.txt");
    file.write("new");
    CHECK(test::read_bytes(folder / "a.txt") == "a longer old content");
    file.commit();
    CHECK(test::read_bytes(folder / "a.txt") == "new");
}

TEST_CASE("without a commit nothing is left behind") {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "a.txt", "old");
    {
        AtomicFile file(folder / "a.txt");
        file.write("new");
        CHECK(folder.entries() == 2);
    }
    CHECK(folder.entries() == 1);
    CHECK(test::read_bytes(folder / "a.txt") == "old");
}

TEST_CASE("a failing write is an IoError that keeps the old file and leaves nothing behind") {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "a.txt", "old");
    bool failed = false;
    {
        const test::FileSizeLimit limit(1000);
        try {
            AtomicFile file(folder / "a.txt");
            file.write(std::string(5000, 'x'));
            file.commit();
        } catch (const IoError&) {
            failed = true;
        }
    }
    CHECK(failed);
    CHECK(folder.entries() == 1);
    CHECK(test::read_bytes(folder / "a.txt") == "old");
}

TEST_CASE("two writers of one file do not disturb each other; the last commit wins") {
    const test::TemporaryFolder folder;
    AtomicFile first(folder / "a.txt");
    AtomicFile second(folder / "a.txt");
    first.write("first");
    second.write("second");
    second.commit();
    first.commit();
    CHECK(test::read_bytes(folder / "a.txt") == "first");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that is missing, or a target that is no file, is an IoError that names it") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "sub");
    for (const std::filesystem::path& path : {folder / "missing/a.txt", folder / "sub", folder / "none/"}) {
        CAPTURE(path.string());
        CHECK_THROWS_WITH_AS(AtomicFile{path}, doctest::Contains(path.string().c_str()), IoError);
    }
    CHECK_THROWS_AS(AtomicFile{"/dev/null"}, IoError);
    CHECK(std::filesystem::is_character_file("/dev/null"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("a target that becomes a folder before the commit is an IoError, and the temporary file goes") {
    const test::TemporaryFolder folder;
    {
        AtomicFile file(folder / "a");
        file.write("new");
        std::filesystem::create_directory(folder / "a");
        CHECK_THROWS_AS(file.commit(), IoError);
    }
    CHECK(folder.entries() == 1);
    CHECK(std::filesystem::is_directory(folder / "a"));
}

TEST_CASE("a name as long as the file system allows, and a relative one without a folder") {
    const test::TemporaryFolder folder;
    const std::string longest(255, 'n');
    AtomicFile file(folder / longest);
    file.write("x");
    file.commit();
    CHECK(test::read_bytes(folder / longest) == "x");

    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    AtomicFile relative("here");
    relative.write("y");
    relative.commit();
    std::filesystem::current_path(before);
    CHECK(test::read_bytes(folder / "here") == "y");
}
