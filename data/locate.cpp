#include "data/locate.h"

#include <cstdlib>
#include <system_error>

#include <pwd.h>
#include <unistd.h>

#include "data/cifar10.h"

namespace data {
namespace {

namespace fs = std::filesystem;

constexpr const char* folder_name = "cifar-10-batches-bin";

/// The value of an environment variable; empty if it is not set.
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

fs::path home_directory() {
    if (const std::string home = environment("HOME"); !home.empty()) return home;
    if (const passwd* user = getpwuid(getuid())) return user->pw_dir;
    throw engine::InputError("no home directory", "while looking for the user's cache",
                             "set HOME, XDG_CACHE_HOME or CIFAR10_DIR");
}

bool holds_something(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored) && !fs::is_empty(path, ignored);
}

Location checked(const fs::path& directory) {
    check_cifar10_files(directory);
    return {directory};
}

Location from_environment(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored))
        throw engine::InputError("the environment variable CIFAR10_DIR names no folder", directory.string(),
                                 "correct it or unset it");
    return checked(directory);
}

Location download_or_sample(const fs::path& cache, const LocateOptions& options) {
    try {
        download_cifar10(cache, options.archive, options.progress);
        return {cache};
    } catch (const NetworkError& error) {
        std::error_code ignored;
        return {sample_directory(fs::read_symlink("/proc/self/exe", ignored)), true, error.what()};
    }
}

}  // namespace

Location locate(const std::string& data, const LocateOptions& options) {
    if (data != "auto") return checked(data);
    if (const auto found = locate_local(options.repository)) return *found;
    return download_or_sample(cache_directory(), options);
}

std::optional<Location> locate_local(const fs::path& repository) {
    if (const std::string named = environment("CIFAR10_DIR"); !named.empty()) return from_environment(named);
    if (!repository.empty()) {
        const fs::path in_repository = repository / "data" / folder_name;
        if (holds_something(in_repository)) return checked(in_repository);
    }
    const fs::path cache = cache_directory();
    if (holds_something(cache)) return checked(cache);
    return std::nullopt;
}

fs::path cache_directory() {
    // A relative path is to be ignored: XDG Base Directory Specification, "Environment variables".
    const fs::path named = environment("XDG_CACHE_HOME");
    return (named.is_absolute() ? named : home_directory() / ".cache") / "cifar_engine" / folder_name;
}

fs::path sample_directory(const fs::path& program) {
    const fs::path installed = program.parent_path().parent_path() / "share" / "cifar_engine" / "sample";
    const fs::path source = CIFAR_ENGINE_SAMPLE_DIR;
    for (const fs::path& candidate : {installed, source})
        if (holds_something(candidate)) return candidate;
    throw engine::InputError("the bundled sample is missing",
                             "neither " + installed.string() + " nor " + source.string(),
                             "reinstall the program, or name a data set with --data");
}

}  // namespace data
