#include "apps/terminal.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace apps {

namespace {

/// Empty if it is not set.
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What the locale says behind its dot: "UTF-8" of "de_DE.UTF-8"; empty if it says nothing.
std::string encoding() {
    std::string locale;
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (locale.empty()) locale = environment(name);
    const std::size_t dot = locale.find('.');
    return dot == std::string::npos ? "" : locale.substr(dot + 1);
}

}  // namespace

bool is_live(std::FILE* stream) {
    const std::string kind = environment("TERM");
    return ::isatty(::fileno(stream)) == 1 && !kind.empty() && kind != "dumb" &&
           environment("NO_COLOR").empty();
}

bool shows_braille() {
    std::string name;
    for (const char c : encoding())
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return (name.empty() || name.starts_with("utf8")) && environment("TERM") != "linux";
}

WindowSize window_size(std::FILE* stream) {
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0) size = {};
    return {size.ws_col > 0 ? size.ws_col : 80, size.ws_row > 0 ? size.ws_row : 24};
}

void redraw(std::FILE* stream, std::string line) {
    // The last column is left free: some terminals wrap as soon as it is written to.
    line.resize(std::min(line.size(), static_cast<std::size_t>(window_size(stream).columns - 1)));
    fmt::print(stream, "\r{}\x1b[K", line);
    std::fflush(stream);
}

void check_output(std::FILE* stream) {
    errno = 0;
    if (std::fflush(stream) == 0 && std::ferror(stream) == 0) return;
    // A line that could not be written may be gone from the buffer, and its errno with it: then it was most
    // likely a reader that has gone.
    throw std::system_error(errno != 0 ? errno : EPIPE, std::generic_category());
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
    if (bytes < mebibyte) return fmt::format("{:.1f} KiB", bytes / 1024);
    return bytes < 1024 * mebibyte ? fmt::format("{:.1f} MiB", bytes / mebibyte)
                                   : fmt::format("{:.1f} GiB", bytes / 1024 / mebibyte);
}

}  // namespace apps
