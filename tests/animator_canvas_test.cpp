#include <doctest/doctest.h>

#include "apps/animator/braille_canvas.h"

using apps::BrailleCanvas;

TEST_CASE("each of the eight dots of a character is where Unicode has it") {
    const char* expected[4][2] = {{"⠁", "⠈"}, {"⠂", "⠐"}, {"⠄", "⠠"}, {"⡀", "⢀"}};
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 2; ++x) {
            CAPTURE(x);
            CAPTURE(y);
            BrailleCanvas canvas(3, 2);
            canvas.set(2 + x, 4 + y, 0);
            CHECK(canvas.row(0) == "   ");
            CHECK(canvas.row(1) == " " + std::string(expected[y][x]) + " ");
        }
}

TEST_CASE("a full character has all dots, and dots outside are left out") {
    BrailleCanvas canvas(1, 1);
    CHECK(canvas.width() == 2);
    CHECK(canvas.height() == 4);
    for (int y = -5; y < 9; ++y)
        for (int x = -5; x < 9; ++x) canvas.set(x, y, 0);
    CHECK(canvas.row(0) == "⣿");
}

TEST_CASE("lines join their ends in all directions") {
    const auto drawn = [](int x, int y, int x_end, int y_end) {
        BrailleCanvas canvas(2, 1);
        canvas.line(x, y, x_end, y_end, 0);
        return canvas.row(0);
    };
    CHECK(drawn(0, 0, 3, 3) == "⠑⢄");
    CHECK(drawn(3, 3, 0, 0) == "⠑⢄");
    CHECK(drawn(0, 3, 3, 0) == "⡠⠊");
    CHECK(drawn(0, 0, 3, 0) == "⠉⠉");
    CHECK(drawn(1, 0, 1, 3) == "⢸ ");
    CHECK(drawn(1, 3, 1, 0) == "⢸ ");
    CHECK(drawn(2, 1, 2, 1) == " ⠂");
    CHECK(drawn(-2, 0, 9, 0) == "⠉⠉");
}

TEST_CASE("a character has the colour of its last dot; after a row the text's colour is back") {
    BrailleCanvas canvas(4, 1);
    canvas.set(0, 0, 39);
    canvas.set(2, 0, 39);
    canvas.set(6, 0, 208);
    canvas.set(7, 0, 39);
    canvas.set(6, 1, 208);
    CHECK(canvas.row(0) == "\x1b[38;5;39m⠁⠁ \x1b[38;5;208m⠋\x1b[0m");
}
