#include "apps/run_directory.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <limits>
#include <optional>
#include <ranges>
#include <string_view>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "apps/parse_value.h"
#include "apps/writable_folder.h"
#include "engine/error.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// The state goes first: no moment leaves it beside the files of another run.
std::array<fs::path, 9> files_of(const RunDirectory& run) {
    return {run.state(),  run.best(),     run.last(),   run.metrics(),       run.csv(),
            run.config(), run.analysis(), run.report(), run.trials_summary()};
}

constexpr std::string_view epoch_prefix = "epoch-", model_ending = ".safetensors";
constexpr std::string_view trial_prefix = "trial-seed-";
constexpr std::string_view event_prefix = "events.out.tfevents.";

/// The names in a folder; none if it cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// The number in "epoch-012.safetensors"; none in any other name.
std::optional<std::int64_t> number_between(std::string_view prefix, std::string_view name,
                                           std::string_view ending) {
    if (name.size() < prefix.size() + ending.size() || !name.starts_with(prefix) || !name.ends_with(ending))
        return std::nullopt;
    name.remove_prefix(prefix.size());
    name.remove_suffix(ending.size());
    return parse_integer(name, 0, std::numeric_limits<std::int64_t>::max());
}

/// The time in "events.out.tfevents.1700000000.cifar_engine"; 0 if there is none.
std::int64_t second_of_event_file(const fs::path& file) {
    std::string name = file.filename().string().substr(event_prefix.size());
    name.resize(std::min(name.find('.'), name.size()));
    constexpr std::int64_t last = 9'999'999'999;  // of ten digits
    return parse_integer(name, 0, last).value_or(0);
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
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

fs::path RunDirectory::epoch(std::int64_t number) const {
    return path_ / fmt::format("{}{:03}{}", epoch_prefix, number, model_ending);
}

std::map<std::int64_t, fs::path> RunDirectory::epochs() const {
    std::map<std::int64_t, fs::path> found;
    for (const std::string& name : names_in(path_))
        if (const auto number = number_between(epoch_prefix, name, model_ending);
            number > 0 && epoch(*number) == path_ / name)
            found[*number] = path_ / name;
    return found;
}

void RunDirectory::remove_epochs_except(std::int64_t newest, std::int64_t keep) const {
    for (const auto& [number, file] : epochs())
        if (number > newest || number <= newest - keep) fs::remove(file);
}

RunDirectory RunDirectory::trial(std::int64_t seed) const {
    return RunDirectory(path_ / fmt::format("{}{}", trial_prefix, seed));
}

std::map<std::int64_t, RunDirectory> RunDirectory::trials() const {
    std::map<std::int64_t, RunDirectory> found;
    for (const std::string& name : names_in(path_))
        if (const auto seed = number_between(trial_prefix, name, "");
            seed && trial(*seed).path() == path_ / name && is_folder(path_ / name))
            found.emplace(*seed, trial(*seed));
    return found;
}

std::vector<fs::path> RunDirectory::event_files() const {
    std::vector<fs::path> files;
    for (const std::string& name : names_in(path_))
        if (name.starts_with(event_prefix)) files.push_back(path_ / name);
    return files;
}

fs::path RunDirectory::new_event_file() const {
    std::int64_t second = std::time(nullptr);
    if (const auto others = event_files(); !others.empty())
        second = std::max(second, second_of_event_file(others.back()) + 1);
    return path_ / fmt::format("{}{:010}.cifar_engine", event_prefix, second);
}

bool RunDirectory::holds_run() const {
    return std::ranges::any_of(files_of(*this), is_there) ||
           std::ranges::any_of(trials() | std::views::values, &RunDirectory::holds_run);
}

void RunDirectory::check_writable() const { require_writable_folder(path_, "the run directory", "--out"); }

void RunDirectory::begin() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) refuse(path_, error.message());
    remove_run();
}

void RunDirectory::remove_run() const {
    engine::remove_unfinished_files(path_);
    const auto named = files_of(*this);
    std::vector<fs::path> files(named.begin(), named.end());
    std::ranges::copy(epochs() | std::views::values, std::back_inserter(files));
    std::ranges::copy(event_files(), std::back_inserter(files));
    std::error_code error;
    for (const fs::path& file : files) {
        fs::remove(file, error);
        if (error) refuse(file, error.message());
    }
    for (const auto& [seed, run] : trials()) {
        run.remove_run();
        fs::remove(run.path(), error);
        if (error && error != std::errc::directory_not_empty) refuse(run.path(), error.message());
    }
}

}  // namespace apps
