#include "apps/terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace apps {

bool is_live(std::FILE* stream) {
    const char* kind = std::getenv("TERM");
    return ::isatty(::fileno(stream)) == 1 && kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

int window_width(std::FILE* stream) {
    winsize size{};
    return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void redraw(std::FILE* stream, std::string line) {
    // The last column is left free: some terminals wrap as soon as it is written to.
    line.resize(std::min(line.size(), static_cast<std::size_t>(window_width(stream) - 1)));
    fmt::print(stream, "\r{}\x1b[K", line);
    std::fflush(stream);
}

void erase_line(std::FILE* stream) {
    fmt::print(stream, "\r\x1b[K");
    std::fflush(stream);
}

std::string with_commas(std::int64_t value) {
    std::string digits = fmt::format("{}", value);
    for (std::ptrdiff_t i = std::ssize(digits) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::string clock_time(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::lround(std::max(seconds, 0.0)));
    const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                     : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string memory_size(double bytes) {
    constexpr double mebibyte = 1024.0 * 1024;
    if (bytes < mebibyte) return fmt::format("{:.1f} KiB", bytes / 1024);
    return bytes < 1024 * mebibyte ? fmt::format("{:.1f} MiB", bytes / mebibyte)
                                   : fmt::format("{:.1f} GiB", bytes / 1024 / mebibyte);
}

}  // namespace apps
