#include "engine/serialize/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "engine/error.h"

namespace engine {
namespace {

constexpr const char* temporary_prefix = ".writing-";
constexpr const char* temporary_suffix = ".tmp";

/// Unique among the threads of this process and, but for what a crash left behind, among processes.
std::string temporary_name() {
    static std::atomic<unsigned> counter{0};
    return temporary_prefix + std::to_string(::getpid()) + "-" + std::to_string(counter++) + temporary_suffix;
}

int open_folder(const std::filesystem::path& of_file) {
    const std::filesystem::path folder = of_file.has_parent_path() ? of_file.parent_path() : ".";
    return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/// A rename would replace a device such as /dev/null by a file.
void require_regular_or_absent(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        throw IoError("cannot write over what is not a regular file", "at " + path.string(),
                      "choose another name for the file");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
    require_regular_or_absent(path_);
    folder_ = open_folder(path_);
    if (folder_ < 0) fail(errno);
    do {
        temporary_ = temporary_name();
        file_ = ::openat(folder_, temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) {
        const int error = errno;
        temporary_.clear();
        discard();
        fail(error);
    }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(const void* data, std::size_t bytes) {
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
        const ::ssize_t written = ::write(file_, next, bytes);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(errno);
        next += written;
        bytes -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::commit() {
    // The content must be on the disk before the name is: after a power cut the name must not lead to an
    // empty file.
    if (::fsync(file_) != 0) fail(errno);
    if (::close(std::exchange(file_, -1)) != 0) fail(errno);
    if (::renameat(folder_, temporary_.c_str(), folder_, path_.filename().c_str()) != 0) fail(errno);
    temporary_.clear();
    // Some file systems cannot flush a folder; EINVAL is how they say so.
    if (::fsync(folder_) != 0 && errno != EINVAL) fail(errno);
}

void AtomicFile::discard() noexcept {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
    if (!temporary_.empty()) ::unlinkat(folder_, temporary_.c_str(), 0);
    temporary_.clear();
    if (folder_ >= 0) ::close(std::exchange(folder_, -1));
}

void AtomicFile::fail(int error) const {
    throw IoError("cannot write a file: " + std::generic_category().message(error), "at " + path_.string(),
                  "check that the folder exists and can be written to, and that the disk has room");
}

void remove_unfinished_files(const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix))
            std::filesystem::remove(entry.path(), ignored);
    }
}

}  // namespace engine
