#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace apps {

/// A colour of a terminal's palette of 256; 0 stands for the colour of its text.
using Colour = std::uint8_t;

/// The escape sequence that chooses a colour.
std::string colour_code(Colour colour);

/// A picture of dots for a terminal: Unicode's braille characters (U+2800 to U+28FF) hold two dots across and
/// four down each. The dot (0, 0) is at the top left. A character has one colour, that of its last dot.
class BrailleCanvas {
  public:
    static constexpr int dots_across = 2, dots_down = 4;  ///< in a character

    BrailleCanvas(int columns, int rows);

    int width() const { return columns_ * dots_across; }
    int height() const { return rows_ * dots_down; }

    /// A dot outside the canvas is left out.
    void set(int x, int y, Colour colour);
    /// From dot to dot, both included, by Bresenham's algorithm.
    void line(int x, int y, int x_end, int y_end, Colour colour);

    /// A row of characters in UTF-8: a space where there is no dot, and the text's colour again at the end.
    std::string row(int row) const;

  private:
    struct Cell {
        std::uint8_t dots = 0;
        Colour colour = 0;
    };

    std::size_t index(int column, int row) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
               static_cast<std::size_t>(column);
    }

    int columns_, rows_;
    std::vector<Cell> cells_;
};

}  // namespace apps
