#include "apps/writable_folder.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <unistd.h>

#include "apps/command_line_error.h"
#include "engine/error.h"

namespace apps {

namespace fs = std::filesystem;

void require_writable_folder(const fs::path& path, const std::string& purpose, const std::string& flag) {
    std::error_code ignored;
    const auto is_there = [&](const fs::path& place) {
        return fs::symlink_status(place, ignored).type() != fs::file_type::not_found;
    };
    fs::path nearest = fs::absolute(path);
    while (!is_there(nearest) && nearest.has_relative_path()) nearest = nearest.parent_path();
    if (!fs::is_directory(nearest, ignored))
        throw CommandLineError(purpose + " cannot be there: not a folder", "at " + nearest.string(),
                               "choose another with " + flag);
    if (::access(nearest.c_str(), W_OK | X_OK) != 0)
        throw engine::IoError("cannot write to " + purpose + ": " + std::strerror(errno),
                              "at " + nearest.string(), "choose another with " + flag);
}

}  // namespace apps
