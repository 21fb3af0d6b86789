#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace apps {

/// Throws CommandLineError if `path` cannot be a folder, IoError if it could not be made or written to, which
/// is tried and leaves no trace. The message says for what it is wanted ("the run directory") and by which
/// flag to choose another.
void require_writable_folder(const std::filesystem::path& path, const std::string& purpose,
                             const std::string& flag);

/// Throws IoError if the disk of that folder, which need not exist yet, has less room than so many bytes.
void require_room(const std::filesystem::path& path, std::uintmax_t bytes, const std::string& purpose,
                  const std::string& flag);

}  // namespace apps
