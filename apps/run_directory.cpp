#include "apps/run_directory.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "apps/writable_folder.h"
#include "engine/error.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// The state goes first: no moment leaves it beside the files of another run.
std::array<fs::path, 7> files_of(const RunDirectory& run) {
    return {run.state(), run.best(), run.last(), run.metrics(), run.config(), run.analysis(), run.report()};
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
    throw engine::IoError("cannot write to the run directory: " + reason, "at " + path.string(),
                          "choose another with --out");
}

}  // namespace

RunDirectory RunDirectory::new_by_time() {
    const std::string name = fmt::format("{:%Y-%m-%d_%H-%M-%S}", fmt::localtime(std::time(nullptr)));
    fs::path path = fs::path("runs") / name;
    for (int i = 2; is_there(path); ++i) path = fs::path("runs") / fmt::format("{}-{}", name, i);
    return RunDirectory(path);
}

bool RunDirectory::holds_run() const {
    const auto files = files_of(*this);
    return std::any_of(files.begin(), files.end(), is_there);
}

void RunDirectory::check_writable() const { require_writable_folder(path_, "the run directory", "--out"); }

void RunDirectory::begin() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) refuse(path_, error.message());
    engine::remove_unfinished_files(path_);
    for (const fs::path& file : files_of(*this)) {
        fs::remove(file, error);
        if (error) refuse(file, error.message());
    }
}

}  // namespace apps
