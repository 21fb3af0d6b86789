#include "apps/terminal.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

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

void check_output(std::FILE* stream) {
    if (std::fflush(stream) != 0) throw std::system_error(errno, std::generic_category());
}

void erase_line(std::FILE* stream) {
    fmt::print(stream, "\r\x1b[K");
    std::fflush(stream);
}

std::string one_line(std::string text) {
    constexpr unsigned char deletion = 0x7f;
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) == deletion) c = '?';
    return text;
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
    return bytes < 1024 * mebibyte ? fmt::format("{:.1f} MiB", bytes / mebibyte)
                                   : fmt::format("{:.1f} GiB", bytes / 1024 / mebibyte);
}

}  // namespace apps
