// What a person sees on a terminal while a network trains: the screen, not the bytes.
#include "tests/support/command_line.h"
#include "tests/support/terminal_process.h"

using namespace test;

namespace {

/// A training on a terminal, where there are any.
struct OnTerminal : CommandLine {
    OnTerminal() {
        for (const char* name : {"NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"}) ::unsetenv(name);
    }

    /// Of three epochs of 10 steps, with a point for each.
    Arguments short_training(const std::string& out, const Arguments& more = {}) const {
        return program(train_arguments(
            out,
            Arguments{"--epochs", "3", "--batch-size", "8", "--threads", "1", "--log-every", "1"} + more));
    }

    /// That ends when it is told to.
    Arguments endless_training(const std::string& out) const {
        return program(train_arguments(
            out, {"--epochs", "100000", "--batch-size", "1", "--threads", "1", "--log-every", "5"}));
    }
};

bool has_line(const std::vector<std::string>& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return holds(line, part); });
}

/// The plot that is on the screen: the lines from its legend to the labels of its epochs; empty if it is not
/// there as a whole.
std::vector<std::string> plot_on(const std::vector<std::string>& lines) {
    const auto first =
        std::find_if(lines.begin(), lines.end(), [](const std::string& line) { return holds(line, "━━ "); });
    const auto last =
        std::find_if(first, lines.end(), [](const std::string& line) { return line.ends_with(" epoch"); });
    return last == lines.end() ? std::vector<std::string>{} : std::vector<std::string>(first, last + 1);
}

std::ptrdiff_t plot_count(const TerminalScreen& screen) {
    const std::vector<std::string> rows = screen.window();
    return std::count_if(rows.begin(), rows.end(),
                         [](const std::string& row) { return row.ends_with(" epoch"); });
}

/// A whole frame is there, and the cursor rests at its first line.
bool shows_plot_under_bar(const TerminalScreen& screen) {
    const std::vector<std::string> rows = screen.window();
    const auto cursor = static_cast<std::size_t>(screen.cursor_row());
    if (screen.cursor_column() != 0 || cursor + 4 >= rows.size()) return false;
    const std::vector<std::string> block(rows.begin() + screen.cursor_row(), rows.end());
    return block[0].empty() && block[1].starts_with("epoch ") && plot_on(block).size() > 6;
}

/// The bar alone, on the cursor's line, and nothing below.
bool shows_bar_alone(const TerminalScreen& screen) {
    const std::vector<std::string> rows = screen.window();
    const auto cursor = static_cast<std::size_t>(screen.cursor_row());
    return screen.cursor_column() == 0 && !rows[cursor].empty() && !holds(rows[cursor], ":") &&
           std::all_of(rows.begin() + screen.cursor_row() + 1, rows.end(),
                       [](const std::string& row) { return row.empty(); });
}

void check_tidy(const TerminalProcess& process) {
    CHECK(process.screen().unknown().empty());
    CHECK(process.screen().cursor_is_visible());
    CHECK(process.screen().cursor_column() == 0);
}

}  // namespace

TEST_CASE_FIXTURE(OnTerminal,
                  "in the end the plot stays, between the epochs' lines and the results, and no bar") {
    SKIP_WITHOUT_TERMINALS();
    for (const auto& [columns, rows] : {std::pair{80, 24}, {120, 40}, {200, 14}, {60, 17}}) {
        CAPTURE(columns);
        CAPTURE(rows);
        TerminalProcess process(short_training("run", {"--overwrite"}), columns, rows);
        CHECK(process.wait() == 0);
        check_tidy(process);
        const std::vector<std::string> lines = process.screen().text();
        const std::vector<std::string> plot = plot_on(lines);
        REQUIRE(plot.size() >= 7);
        CHECK(std::ssize(plot) < rows);
        CHECK(braille_characters(plot) > columns / 2);
        CHECK(has_line(plot, "├ 100%"));
        CHECK(plot.back().ends_with(" 3.0 epoch"));

        // All else is what is printed without a terminal, less the lines of steps.
        const Arguments overwrite{"--overwrite"};
        std::vector<std::string> rest = lines, plain = lines_of(train("run", overwrite).out);
        rest.erase(std::search(rest.begin(), rest.end(), plot.begin(), plot.end()),
                   std::search(rest.begin(), rest.end(), plot.begin(), plot.end()) + std::ssize(plot));
        std::erase_if(plain, [](const std::string& line) { return holds(line, " step "); });
        REQUIRE(rest.size() == plain.size());
        for (std::size_t i = 0; i < rest.size(); ++i) CHECK(rest[i].substr(0, 8) == plain[i].substr(0, 8));
        CHECK(lines.at(lines.size() - 5).ends_with(" epoch"));  // then: done, test, run, try
    }
}

TEST_CASE_FIXTURE(OnTerminal,
                  "while it trains, the plot is under the bar, and both follow the window's size") {
    SKIP_WITHOUT_TERMINALS();
    TerminalProcess process(endless_training("run"), 80, 24);
    REQUIRE(process.show_until(shows_plot_under_bar));
    check_tidy(process);
    REQUIRE(process.show_until([](const TerminalScreen& screen) {
        return shows_plot_under_bar(screen) && braille_characters(screen.window()) > 20;
    }));
    for (const char* part :
         {"epoch ", " step ", " left", "loss ", "accuracy ", " images/s", " MiB", "├ 100%"})
        CHECK_MESSAGE(has_line(process.screen().window(), part), part);

    for (const auto& [columns, rows] :
         {std::pair{120, 40}, {60, 20}, {53, 13}, {200, 50}, {20, 5}, {7, 2}, {80, 24}})
        for (const bool rewrapped : {false, true}) {
            CAPTURE(columns);
            CAPTURE(rows);
            process.resize(columns + (rewrapped ? 1 : 0), rows, rewrapped);
            // Short-lived leftovers of the old size are gone when the block has been drawn anew.
            const std::int64_t before = std::ssize(process.bytes());
            CHECK(process.show_until([&](const TerminalScreen& screen) {
                return std::ssize(process.bytes()) > before + 200 &&
                       (columns > 52 && rows > 12 ? shows_plot_under_bar(screen) : shows_bar_alone(screen)) &&
                       plot_count(screen) == (columns > 52 && rows > 12 ? 1 : 0);
            }));
            check_tidy(process);
        }
}

TEST_CASE_FIXTURE(OnTerminal, "Ctrl-C leaves a clean screen, and a run that can be resumed with its curves") {
    SKIP_WITHOUT_TERMINALS();
    std::int64_t steps = 0;
    for (const auto& [columns, rows] : {std::pair{20, 5}, {80, 24}}) {
        CAPTURE(columns);
        TerminalProcess process(endless_training("run" + std::to_string(columns)), columns, rows);
        REQUIRE(process.show_until([&](const TerminalScreen& screen) {
            return has_line(screen.text(), "epoch 2/100000: train loss") &&
                   (columns == 80 ? shows_plot_under_bar(screen) : shows_bar_alone(screen));
        }));
        process.type("\x03");
        CHECK(process.wait() == 130);
        check_tidy(process);
        const std::vector<std::string> lines = process.screen().text();
        CHECK(lines.back().starts_with("interrupted after step "));
        CHECK(holds(lines.back(), "--resume"));
        steps = std::stoll(lines.back().substr(std::string("interrupted after step ").size()));
        CHECK(lines[lines.size() - 2].starts_with("  time: "));
        CHECK(braille_characters(lines) == 0);
        CHECK_FALSE(has_line(lines, "━━"));
        CHECK_FALSE(has_line(lines, "["));
    }
    TerminalProcess resumed(
        program({"train", "--resume", folder("run80"), "--max-steps", std::to_string(steps + 1)}), 80, 24);
    CHECK(resumed.wait() == 0);
    // A single step has no curve; those before it have.
    CHECK(braille_characters(plot_on(resumed.screen().text())) > 40);
}

TEST_CASE_FIXTURE(OnTerminal, "a second Ctrl-C while the first is being answered leaves no drawing behind") {
    SKIP_WITHOUT_TERMINALS();
    TerminalProcess process(endless_training("run"), 80, 24);
    REQUIRE(process.show_until(shows_plot_under_bar));
    process.type("\x03\x03");
    CHECK(process.wait() == 130);
    check_tidy(process);
    CHECK(braille_characters(process.screen().text()) == 0);
    CHECK_FALSE(has_line(process.screen().text(), "━━"));
}

TEST_CASE_FIXTURE(OnTerminal, "a tiny terminal does not break: a line, and what is printed") {
    SKIP_WITHOUT_TERMINALS();
    for (const auto& [columns, rows] : {std::pair{20, 5}, {20, 50}, {80, 5}, {1, 1}, {2, 3}, {5, 40}}) {
        CAPTURE(columns);
        CAPTURE(rows);
        TerminalProcess process(short_training("run", {"--overwrite"}), columns, rows);
        CHECK(process.wait() == 0);
        CHECK(process.screen().unknown().empty());
        CHECK(process.screen().cursor_is_visible());
        const std::vector<std::string> lines = process.screen().text();
        CHECK(braille_characters(lines) == 0);
        std::ptrdiff_t epochs = 0;
        for (const std::string& line : lines) epochs += line.starts_with("epoch ") ? 1 : 0;
        if (columns > 5) CHECK(epochs == 3);
        CHECK(lines.back().starts_with(std::string("try: cifar_engine").substr(0, 1)));
    }
}

TEST_CASE_FIXTURE(OnTerminal, "plain lines where escape codes are not wanted or not understood") {
    SKIP_WITHOUT_TERMINALS();
    const auto check_plain = [&](const Arguments& more = {}) {
        TerminalProcess process(short_training("run", Arguments{"--overwrite"} + more), 80, 24);
        CHECK(process.wait() == 0);
        CHECK(process.bytes().find('\x1b') == std::string::npos);
        CHECK(braille_characters(process.bytes()) == 0);
        for (std::size_t at = 0; (at = process.bytes().find('\r', at)) != std::string::npos; ++at)
            CHECK(process.bytes().substr(at, 2) == "\r\n");
        CHECK(has_line(process.screen().text(), "epoch 1/3 step 1/30: loss "));
        CHECK(has_line(process.screen().text(), "  time: data "));
    };
    check_plain({"--no-progress"});
    ::setenv("TERM", "dumb", 1);
    check_plain();
    ::unsetenv("TERM");
    check_plain();
    ::setenv("TERM", "xterm", 1);
    ::setenv("NO_COLOR", "1", 1);
    check_plain();
    ::setenv("NO_COLOR", "", 1);  // as if it were not set: no-color.org
    TerminalProcess process(short_training("run", {"--overwrite"}), 80, 24);
    CHECK(process.wait() == 0);
    CHECK(plot_on(process.screen().text()).size() > 6);
}

TEST_CASE_FIXTURE(OnTerminal, "where braille cannot be shown there is the bar") {
    SKIP_WITHOUT_TERMINALS();
    ::setenv("LC_ALL", "de_DE.ISO-8859-1", 1);
    TerminalProcess process(short_training("run"), 80, 24);
    CHECK(process.wait() == 0);
    CHECK(process.bytes().find("\x1b[K") != std::string::npos);
    CHECK(std::all_of(process.bytes().begin(), process.bytes().end(), [](char c) { return c > 0; }));
}

TEST_CASE_FIXTURE(OnTerminal, "a training that fails clears its drawing away before it says why") {
    SKIP_WITHOUT_TERMINALS();
    TerminalProcess process(short_training("run", {"--lr", "1e30"}), 80, 24);
    CHECK(process.wait() == 6);
    check_tidy(process);
    const std::vector<std::string> lines = process.screen().text();
    CHECK(lines.back().starts_with("error: "));
    CHECK(braille_characters(lines) == 0);
    CHECK_FALSE(has_line(lines, "━━"));
}
