#include <chrono>
#include <cstdlib>
#include <thread>

#include <doctest/doctest.h>

#include "apps/animator/live_block.h"
#include "tests/support/message_of.h"
#include "tests/support/terminal_screen.h"

using apps::LiveBlock;
using apps::WindowSize;
using Lines = std::vector<std::string>;

namespace {

/// A block, and the terminal that it is drawn on: 20 columns, 6 rows.
struct Drawing {
    ~Drawing() {
        std::fclose(file);
        std::free(memory);
    }

    void draw(const Lines& lines) { block.draw(lines, {screen.columns(), screen.rows()}); }
    /// What is on the terminal now.
    Lines text() {
        screen.feed(written());
        CHECK(screen.unknown().empty());
        CHECK(screen.cursor_is_visible());
        return screen.text();
    }
    /// Since the last time.
    std::string written() {
        std::fflush(file);
        std::string all(memory, size);
        return all.substr(std::exchange(seen, size));
    }
    void print(const std::string& text) {
        std::fputs(text.c_str(), file);
        std::fflush(file);
    }

    char* memory = nullptr;
    std::size_t size = 0, seen = 0;
    std::FILE* file = ::open_memstream(&memory, &size);
    LiveBlock block{file};
    test::TerminalScreen screen{20, 6};
};

}  // namespace

TEST_CASE_FIXTURE(Drawing, "lines are drawn in place, below what was printed before, also at the bottom") {
    print("one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n");
    for (const Lines& lines :
         {Lines{"a", "b", "c"}, {"a", "B", "c"}, {"x", "y", "z"}, {"x"}, {"1", "2", "3", "4"}}) {
        draw(lines);
        Lines expected{"one", "two", "three", "four", "five"};
        expected.insert(expected.end(), lines.begin(), lines.end());
        CHECK(text() == expected);
        CHECK(screen.cursor_column() == 0);
        CHECK(screen.window()[static_cast<std::size_t>(screen.cursor_row())] == lines[0]);
    }
}

TEST_CASE_FIXTURE(Drawing, "only lines that changed are written") {
    draw({"first", "second", "third"});
    text();
    draw({"first", "second", "third"});
    CHECK(written().empty());
    draw({"first", "Second", "third"});
    const std::string bytes = written();
    CHECK(test::holds(bytes, "Second"));
    CHECK_FALSE(test::holds(bytes, "first"));
    CHECK_FALSE(test::holds(bytes, "third"));
}

TEST_CASE_FIXTURE(Drawing, "a block that is cleared leaves nothing, one that is left stays") {
    print("before\r\n");
    draw({"", "a", "b"});
    block.clear();
    block.clear();
    print("between\r\n");
    draw({"c", "d"});
    block.leave();
    block.leave();
    print("after\r\n");
    CHECK(text() == Lines{"before", "between", "c", "d", "after"});
}

TEST_CASE_FIXTURE(Drawing, "what the keyboard's echo did is mended within a second") {
    print("before\r\n");
    draw({"", "a", "b", "c"});
    text();
    screen.feed("^M\r\n");  // typed
    draw({"", "A", "b", "c"});
    std::this_thread::sleep_for(std::chrono::milliseconds(1050));
    draw({"", "A", "b", "c"});
    block.leave();
    CHECK(text() == Lines{"before", "^M", "", "A", "b", "c"});
}

TEST_CASE_FIXTURE(Drawing, "a window that is resized shows the new lines and nothing else of the block") {
    for (const bool rewrapped : {false, true}) {
        CAPTURE(rewrapped);
        for (const auto& [columns, rows] : {std::pair{9, 6}, {20, 6}, {9, 3}, {30, 10}, {2, 2}, {20, 6}}) {
            screen.resize(20, 6, rewrapped);
            draw({"", "a line of 19 letter", "another one like it"});
            CHECK(text() == Lines{"", "a line of 19 letter", "another one like it"});
            screen.resize(columns, rows, rewrapped);
            const Lines lines = rows < 3 ? Lines{"s"} : Lines{"", "short", "lines"};
            draw(columns < 6 ? Lines{"s"} : lines);
            CHECK(text() == (columns < 6 ? Lines{"s"} : lines));
        }
        draw({});
        CHECK(text().empty());
    }
}
