#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace engine {

/// A file that appears whole or not at all: what is written goes to a temporary file in the same folder, and
/// commit() renames it over the target. Whatever fails before that (disk full, crash, exception), an old file
/// of that name stays as it was. Every failure is an IoError; a target that exists must be a regular file.
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path path);
    /// Removes the temporary file if commit() was not reached.
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends.
    void write(const void* data, std::size_t bytes);
    void write(std::string_view text) { write(text.data(), text.size()); }

    /// Flushes to the disk and puts the file in its place. To be called once, after the last write().
    void commit();

  private:
    /// Closes and removes whatever there is, as the destructor of a half-constructed object is not called.
    void discard() noexcept;
    [[noreturn]] void fail(int error) const;

    std::filesystem::path path_;
    std::string temporary_;  ///< name within the folder; empty when there is none to remove
    int folder_ = -1;
    int file_ = -1;
};

/// Removes the temporary files that a process which was killed left in a folder. Nobody else may be writing
/// there.
void remove_unfinished_files(const std::filesystem::path& folder);

}  // namespace engine
