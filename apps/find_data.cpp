#include "apps/find_data.h"

#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "apps/interruption.h"
#include "apps/terminal.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// Also when it was named, as by the configuration of an earlier run.
bool is_bundled_sample(const fs::path& directory) {
    std::error_code ignored;
    try {
        const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
        return fs::equivalent(directory, data::sample_directory(program), ignored);
    } catch (const engine::InputError&) {
        return false;  // there is no sample
    }
}

void warn_of_sample(const data::Location& location) {
    const std::string rule(78, '*');
    fmt::print(stderr, "{0}\n** WARNING: this is NOT CIFAR-10 but the small sample of it that comes along.\n",
               rule);
    if (!location.network_error.empty()) fmt::print(stderr, "** {}\n", location.network_error);
    fmt::print(stderr,
               "** Accuracies will be far below those on the whole data set. To get it:\n"
               "**     cifar_engine data download\n"
               "** or name a folder that has it: --data DIR\n{}\n",
               rule);
}

}  // namespace

fs::path repository() { return CIFAR_ENGINE_SOURCE_DIR; }

data::Location find_data(const std::string& setting) {
    DownloadDisplay display;
    data::Location location = data::locate(setting, {repository(), {}, display.callback()});
    location.is_sample = location.is_sample || is_bundled_sample(location.directory);
    if (location.is_sample) warn_of_sample(location);
    return location;
}

DownloadDisplay::DownloadDisplay() : live_(is_live(stderr)) {}

DownloadDisplay::~DownloadDisplay() {
    if (live_ && shown_quarters_ > 0) erase_line(stderr);
}

data::DownloadProgress DownloadDisplay::callback() {
    return [this](std::int64_t received, std::int64_t total) {
        if (interruption() != 0) throw Interrupted{interruption()};
        show(received, total);
    };
}

void DownloadDisplay::show(std::int64_t received, std::int64_t total) {
    const std::string line =
        fmt::format("downloading CIFAR-10: {} of {}", memory_size(static_cast<double>(received)),
                    memory_size(static_cast<double>(total)));
    const std::int64_t quarters = total > 0 ? 1 + received * 4 / total : 1;
    if (live_)
        redraw(stderr, line);
    else if (quarters > shown_quarters_)
        fmt::print(stderr, "{}\n", line);
    shown_quarters_ = quarters;
}

}  // namespace apps
