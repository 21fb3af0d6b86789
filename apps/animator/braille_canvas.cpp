#include "apps/animator/braille_canvas.h"

#include <cstdlib>

#include <fmt/format.h>

namespace apps {
namespace {

/// The bit of each dot. Braille counts its upper three rows down the left column, then down the right one;
/// the fourth row was added later, hence its place.
constexpr std::uint8_t dot_bits[BrailleCanvas::dots_down][BrailleCanvas::dots_across] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

/// U+2800 and the dots, in UTF-8.
std::string braille(std::uint8_t dots) {
    return {'\xe2', static_cast<char>(0xa0 | (dots >> 6)), static_cast<char>(0x80 | (dots & 0x3f))};
}

}  // namespace

std::string colour_code(Colour colour) {
    return colour == 0 ? "\x1b[0m" : fmt::format("\x1b[38;5;{}m", colour);
}

BrailleCanvas::BrailleCanvas(int columns, int rows)
    : columns_(columns),
      rows_(rows),
      cells_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

void BrailleCanvas::set(int x, int y, Colour colour) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    Cell& cell = cells_[index(x / dots_across, y / dots_down)];
    cell.dots |= dot_bits[y % dots_down][x % dots_across];
    cell.colour = colour;
}

void BrailleCanvas::line(int x, int y, int x_end, int y_end, Colour colour) {
    const int across = std::abs(x_end - x), down = -std::abs(y_end - y);
    const int x_step = x < x_end ? 1 : -1, y_step = y < y_end ? 1 : -1;
    int error = across + down;
    for (set(x, y, colour); x != x_end || y != y_end; set(x, y, colour)) {
        const int doubled = 2 * error;
        if (doubled >= down) {
            error += down;
            x += x_step;
        }
        if (doubled <= across) {
            error += across;
            y += y_step;
        }
    }
}

std::string BrailleCanvas::row(int row) const {
    std::string text;
    Colour current = 0;
    for (int column = 0; column < columns_; ++column) {
        const Cell& cell = cells_[index(column, row)];
        if (cell.dots != 0 && cell.colour != current) text += colour_code(current = cell.colour);
        text += cell.dots == 0 ? " " : braille(cell.dots);
    }
    if (current != 0) text += colour_code(0);
    return text;
}

}  // namespace apps
