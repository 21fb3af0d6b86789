#pragma once

#include <filesystem>
#include <string>

namespace apps {

/// Throws CommandLineError if `path` cannot be a folder, IoError if it could not be made or written to. The
/// message says for what it is wanted ("the run directory") and by which flag to choose another.
void require_writable_folder(const std::filesystem::path& path, const std::string& purpose,
                             const std::string& flag);

}  // namespace apps
