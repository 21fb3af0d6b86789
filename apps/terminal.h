#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace apps {

/// Does someone watch this stream on a terminal where a line can be redrawn, who has not asked for plain
/// lines by NO_COLOR (no-color.org: set to anything but nothing)?
bool is_live(std::FILE* stream);

/// May braille characters appear on such a terminal? Not if the locale names an encoding other than UTF-8,
/// and not on Linux's console, whose fonts lack them.
bool shows_braille();

struct WindowSize {
    int columns, rows;
    bool operator==(const WindowSize&) const = default;
};

/// Of that terminal now; 80 columns and 24 rows if it does not say.
WindowSize window_size(std::FILE* stream);

/// Draws a line over the one drawn before, cut to the window.
void redraw(std::FILE* stream, std::string line);

/// Throws std::system_error if what was printed did not arrive. The C library tells nobody of a line that it
/// could not hand on, as long as its buffer has room.
void check_output(std::FILE* stream);

/// Removes the line that was drawn.
void erase_line(std::FILE* stream);

/// The text with its control characters replaced, so that it neither ends a line nor moves a cursor.
std::string one_line(std::string text);
/// 12,345,678
std::string with_commas(std::int64_t value);
/// h:mm:ss, or m:ss below an hour.
std::string clock_time(double seconds);
/// In KiB, MiB or GiB.
std::string memory_size(double bytes);

}  // namespace apps
