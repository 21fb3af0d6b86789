#include "apps/animator/animator.h"

#include <cstdlib>

#include <doctest/doctest.h>

#include "apps/animator/resident_memory.h"
#include "tests/support/message_of.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/terminal_screen.h"

using apps::Animator;
using Lines = std::vector<std::string>;

namespace {

constexpr apps::ProgressStatus status{3, 30, 5, 10, 1.2345, 0.5521, 2061.4, 758, 233.1 * 1024 * 1024};

struct Environment {
    Environment() {
        ::setenv("TERM", "xterm", 1);
        for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) ::unsetenv(name);
    }
    test::TemporaryFolder folder;
    Animator animator{stdout, 30, "test"};
};

}  // namespace

TEST_CASE_FIXTURE(Environment, "the plot is under the bar, and goes first where room is short") {
    const Lines full = animator.lines(status, {80, 24});
    CHECK(full[0].empty());
    CHECK(full[1].starts_with("epoch 3/30 step 5/10 ["));
    CHECK(full[2].starts_with("loss 1.2345"));
    CHECK(test::holds(full[3], "training loss", "training accuracy", "test accuracy"));
    CHECK(test::holds(full.back(), "epoch"));
    CHECK(full.size() <= 21);

    CHECK(animator.lines(status, {80, 5}).size() == 1);
    CHECK(animator.lines(status, {40, 24}).size() == 1);
    CHECK(animator.lines(status, {20, 5}) == Lines{"epoch 3/30 5/10"});
}

TEST_CASE_FIXTURE(Environment, "no window is too small, and none is filled beyond its size") {
    for (int rows = 1; rows < 60; ++rows)
        for (int columns = 1; columns < 200; columns += columns < 60 ? 1 : 13) {
            CAPTURE(rows);
            CAPTURE(columns);
            const Lines lines = animator.lines(status, {columns, rows});
            CHECK(std::ssize(lines) <= rows);
            test::TerminalScreen screen(columns, 100);
            for (const std::string& line : lines) {
                screen.feed(line);
                CHECK(screen.cursor_column() < columns);
                screen.feed("\r\n");
            }
            CHECK(screen.cursor_row() == std::ssize(lines));  // none was wrapped
        }
}

TEST_CASE_FIXTURE(Environment, "a terminal without braille has the bar alone") {
    for (const auto& [name, value] :
         {std::pair{"LC_ALL", "de_DE.ISO-8859-1"}, {"LANG", "C.latin1"}, {"TERM", "linux"}}) {
        CAPTURE(name);
        const Environment fresh;
        ::setenv(name, value, 1);
        CHECK(fresh.animator.lines(status, {80, 24}).size() == 1);
    }
    for (const char* locale : {"C", "C.UTF-8", "de_DE.utf8", "POSIX"}) {
        const Environment fresh;
        ::setenv("LANG", locale, 1);
        CHECK(fresh.animator.lines(status, {80, 24}).size() > 10);
    }
}

TEST_CASE_FIXTURE(Environment, "what a run has written down is shown, whatever else is in the file") {
    const auto file = folder / "metrics.jsonl";
    test::write_bytes(
        file,
        "{\"event\":\"step\",\"epoch\":1,\"step\":5,\"loss\":2.0,\"accuracy\":0.25}\n"
        "{\"event\":\"step\",\"epoch\":1,\"step\":10,\"loss\":1.0,\"accuracy\":0.5}\n"
        "\n[]\nnull\n{\"event\":7}\n{\"event\":\"step\"}\n{\"event\":\"step\",\"step\":\"x\",\"loss\":[]}\n"
        "{\"event\":\"epoch\",\"epoch\":1,\"train_loss\":1.5,\"test_accuracy\":0.75,\"seconds\":1}\n"
        "{\"event\":\"epoch\",\"epoch\":1,\"validation_accuracy\":0.1}\n"
        "{\"event\":\"step\",\"epoch\":2,\"step\":15,\"loss\":1e999,\"accuracy\":0.5}\n"
        "{\"event\":\"step\",\"epoch\":2,\"st");
    animator.load(file, 10);
    Animator told(stdout, 30, "test");
    told.add_step(0.5, 2, 0.25);
    told.add_step(1, 1, 0.5);
    told.add_epoch(1, 0.75);
    CHECK(animator.lines(status, {80, 24}) == told.lines(status, {80, 24}));
    CHECK(test::braille_characters(animator.lines(status, {80, 24})) > 20);

    Animator empty(stdout, 30, "test");
    empty.load(folder / "missing", 10);
    CHECK(test::braille_characters(empty.lines(status, {80, 24})) == 0);
}

TEST_CASE("the memory in use is what was touched") {
    const double before = apps::resident_memory();
    if (before == 0) {
        MESSAGE("not tested: this system has no /proc/self/statm");
        return;
    }
    constexpr std::size_t bytes = 64 << 20;
    const std::vector<char> touched(bytes, 1);
    CHECK(apps::resident_memory() - before > 0.9 * bytes);
    CHECK(touched.back() == 1);
}
