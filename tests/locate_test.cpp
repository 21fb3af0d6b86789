#include "data/locate.h"

#include <cstdlib>
#include <optional>

#include <doctest/doctest.h>

#include "tests/support/cifar10_archive.h"
#include "tests/support/message_of.h"
#include "tests/support/temporary_folder.h"

namespace fs = std::filesystem;
using data::locate;
using data::Location;
using engine::InputError;
using test::holds;
using test::message_of;

namespace {

/// Sets (or, with no value, unsets) an environment variable until the end of the test.
class Variable {
  public:
    Variable(const char* name, std::optional<std::string> value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        set(value);
    }
    ~Variable() { set(old_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

    void set(const std::optional<std::string>& value) const {
        if (value)
            setenv(name_, value->c_str(), 1);
        else
            unsetenv(name_);
    }

  private:
    const char* name_;
    std::optional<std::string> old_;
};

/// A repository, a cache and an archive, all in a temporary folder; nothing holds data at first.
struct Fixture {
    const fs::path& folder() const { return temporary.path(); }
    fs::path in_repository() const { return folder() / "repository" / "data" / "cifar-10-batches-bin"; }
    fs::path in_cache() const { return folder() / "cache" / "cifar_engine" / "cifar-10-batches-bin"; }
    Location found() const { return locate("auto", options); }

    test::TemporaryFolder temporary;
    Variable cifar10_dir{"CIFAR10_DIR", std::nullopt};
    Variable cache{"XDG_CACHE_HOME", folder() / "cache"};
    Variable home{"HOME", folder() / "home"};
    data::LocateOptions options{
        folder() / "repository", test::make_cifar10_archive(folder() / "archive.tar.gz", 2), {}};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a folder that is named is taken, and has to be in order") {
    test::write_synthetic_cifar10(folder() / "mine", 1);
    test::write_synthetic_cifar10(in_repository(), 1);
    const Location location = locate(folder() / "mine", options);
    CHECK(location.directory == folder() / "mine");
    CHECK_FALSE(location.is_sample);

    CHECK_THROWS_AS(locate(folder() / "nowhere", options), InputError);
    CHECK_THROWS_AS(locate("", options), InputError);
}

TEST_CASE_FIXTURE(Fixture, "auto goes through the places in their order") {
    test::write_synthetic_cifar10(in_cache(), 1);
    CHECK(found().directory == in_cache());
    test::write_synthetic_cifar10(in_repository(), 1);
    CHECK(found().directory == in_repository());
    test::write_synthetic_cifar10(folder() / "named", 1);
    cifar10_dir.set(folder() / "named");
    CHECK(found().directory == folder() / "named");
    CHECK_FALSE(found().is_sample);

    cifar10_dir.set("");
    CHECK(found().directory == in_repository());
    options.repository.clear();
    CHECK(found().directory == in_cache());
}

TEST_CASE_FIXTURE(Fixture, "a damaged data set is named, not passed over") {
    test::write_synthetic_cifar10(in_cache(), 1);
    test::write_synthetic_cifar10(in_repository(), 1);
    fs::resize_file(in_repository() / "data_batch_1.bin", 100);
    CHECK(holds(message_of<InputError>([&] { found(); }), (in_repository() / "data_batch_1.bin").string()));

    options.repository.clear();
    fs::remove(in_cache() / "test_batch.bin");
    CHECK(holds(message_of<InputError>([&] { found(); }), in_cache().string(), "test_batch.bin"));

    cifar10_dir.set(folder() / "nowhere");
    CHECK(holds(message_of<InputError>([&] { found(); }), "CIFAR10_DIR", (folder() / "nowhere").string()));
}

TEST_CASE_FIXTURE(Fixture, "found nowhere, the data set is downloaded into the cache, once") {
    fs::create_directories(in_repository());  // empty: as good as absent
    const Location location = found();
    CHECK(location.directory == in_cache());
    CHECK_FALSE(location.is_sample);
    fs::remove(folder() / "archive.tar.gz");
    CHECK(found().directory == in_cache());
}

TEST_CASE_FIXTURE(Fixture, "without a network it is the bundled sample, and the result says so") {
    fs::remove(folder() / "archive.tar.gz");
    const Location location = found();
    CHECK(location.is_sample);
    CHECK(location.directory == fs::path(CIFAR_ENGINE_SOURCE_DIR) / "data" / "sample");
    CHECK(holds(location.network_error, options.archive.url));
    CHECK_FALSE(fs::exists(in_cache()));
}

TEST_CASE_FIXTURE(Fixture, "a download that is not what it should be is an error, no reason for the sample") {
    options.archive.sha256.back() = options.archive.sha256.back() == '0' ? '1' : '0';
    CHECK_THROWS_AS(found(), InputError);
    CHECK_FALSE(fs::exists(in_cache()));
}

TEST_CASE_FIXTURE(Fixture, "the cache is where the XDG specification says") {
    CHECK(data::cache_directory() == in_cache());
    const fs::path in_home = folder() / "home" / ".cache" / "cifar_engine" / "cifar-10-batches-bin";
    for (const auto& ignored : std::vector<std::optional<std::string>>{std::nullopt, "", "relative/path"}) {
        cache.set(ignored);
        CHECK(data::cache_directory() == in_home);
    }
    home.set(std::nullopt);
    CHECK(data::cache_directory().is_absolute());
}

TEST_CASE_FIXTURE(Fixture, "an installed program finds the sample beside itself") {
    const fs::path sample = folder() / "prefix" / "share" / "cifar_engine" / "sample";
    const fs::path program = folder() / "prefix" / "bin" / "cifar_engine";
    CHECK(data::sample_directory(program) == fs::path(CIFAR_ENGINE_SOURCE_DIR) / "data" / "sample");
    test::write_synthetic_cifar10(sample, 1);
    CHECK(data::sample_directory(program) == sample);
}
