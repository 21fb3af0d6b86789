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

/// Removes the line that was drawn.
void erase_line(std::FILE* stream);

/// 12,345,678
std::string with_commas(std::int64_t value);
/// h:mm:ss, or m:ss below an hour.
std::string clock_time(double seconds);
/// In KiB, MiB or GiB.
std::string memory_size(double bytes);

}  // namespace apps
