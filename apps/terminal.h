#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace apps {

/// Does someone watch this stream on a terminal where a line can be redrawn?
bool is_live(std::FILE* stream);

/// Columns of that terminal; 80 if it does not say.
int window_width(std::FILE* stream);

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
/// In MiB or GiB.
std::string memory_size(double bytes);

}  // namespace apps
