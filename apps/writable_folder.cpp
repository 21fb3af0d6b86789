#include "apps/writable_folder.h"

#include <cerrno>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/command_line_error.h"
#include "apps/terminal.h"
#include "engine/error.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// Those parts of a path that do not exist, the deepest first, and the part that does.
struct Parts {
    std::vector<fs::path> missing;
    fs::path present;
};

Parts parts_of(const fs::path& path) {
    std::error_code ignored;
    Parts parts{{}, fs::absolute(path)};
    while (fs::symlink_status(parts.present, ignored).type() == fs::file_type::not_found &&
           parts.present.has_relative_path()) {
        parts.missing.push_back(parts.present);
        parts.present = parts.present.parent_path();
    }
    return parts;
}

std::error_code last_error() { return {errno, std::generic_category()}; }

/// Is there room for a file, and the right to write it? Its name is one that is cleared away with other
/// unfinished files, should the program be killed right now.
std::error_code try_file(const fs::path& folder) {
    constexpr std::string_view suffix = ".tmp";
    std::string name = (folder / ".writing-XXXXXX").string().append(suffix);
    const int file = ::mkstemps(name.data(), static_cast<int>(suffix.size()));
    if (file < 0) return last_error();
    const std::error_code error = ::write(file, "x", 1) == 1 ? std::error_code() : last_error();
    ::close(file);
    ::unlink(name.c_str());
    return error;
}

/// Permissions, read-only disks, quotas and names that are too long: what comes of them shows when it is
/// tried.
std::error_code try_folder(const fs::path& folder, const std::vector<fs::path>& missing) {
    std::error_code error, ignored;
    for (auto place = missing.rbegin(); place != missing.rend() && !error; ++place)
        fs::create_directory(*place, error);
    if (!error) error = try_file(folder);
    for (const fs::path& place : missing) fs::remove(place, ignored);
    return error;
}

}  // namespace

void require_writable_folder(const fs::path& path, const std::string& purpose, const std::string& flag) {
    const Parts parts = parts_of(path);
    std::error_code error;
    if (!fs::is_directory(parts.present, error))
        throw CommandLineError(purpose + " cannot be there: " + (error ? error.message() : "not a folder"),
                               "at " + parts.present.string(), "choose another with " + flag);
    error = try_folder(fs::absolute(path), parts.missing);
    if (error)
        throw engine::IoError("cannot write to " + purpose + ": " + error.message(),
                              "at " + fs::absolute(path).string(), "choose another with " + flag);
}

void require_room(const fs::path& path, std::uintmax_t bytes, const std::string& purpose,
                  const std::string& flag) {
    std::error_code error;
    const fs::space_info space = fs::space(parts_of(path).present, error);
    if (error || space.capacity == 0 || space.available >= bytes) return;
    throw engine::IoError(fmt::format("{} needs {} of disk space, {} are left", purpose,
                                      memory_size(static_cast<double>(bytes)),
                                      memory_size(static_cast<double>(space.available))),
                          "at " + fs::absolute(path).string(),
                          "free some space, or choose another disk with " + flag);
}

}  // namespace apps
