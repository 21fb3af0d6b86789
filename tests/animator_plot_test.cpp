#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "apps/animator/curve_plot.h"
#include "tests/support/message_of.h"
#include "tests/support/terminal_screen.h"

using apps::Curve;
using apps::CurvePlot;

namespace {

CurvePlot plot_of(double last_epoch) {
    return {{"training loss", "loss", 208, {}},
            {{"training accuracy", "training", 39, {}}, {"validation accuracy", "validation", 170, {}}},
            last_epoch};
}

/// A training whose loss falls from 2 to 0 while its accuracy rises from 0 to 1, and which is measured at
/// 0.5.
CurvePlot straight_plot(double epochs, double last_epoch) {
    CurvePlot plot = plot_of(last_epoch);
    for (int i = 0; i <= 100; ++i) {
        plot.loss.curve.add(epochs * i / 100, 2 - 0.02 * i);
        plot.shares[0].curve.add(epochs * i / 100, 0.01 * i);
    }
    for (int epoch = 1; epoch <= std::min(epochs, 1000.0); ++epoch) plot.shares[1].curve.add(epoch, 0.5);
    return plot;
}

/// As seen on a terminal of that many columns.
std::vector<std::string> seen(const std::vector<std::string>& lines, int columns) {
    test::TerminalScreen screen(columns, static_cast<int>(lines.size()) + 1);
    for (const std::string& line : lines) screen.feed(line + "\r\n");
    CHECK(screen.unknown().empty());
    return screen.text();
}

}  // namespace

TEST_CASE("a curve keeps its points until there are too many, then means of neighbours") {
    Curve curve;
    curve.add(1, 2);
    curve.add(std::numeric_limits<double>::quiet_NaN(), 3);
    curve.add(2, std::numeric_limits<double>::infinity());
    REQUIRE(curve.points().size() == 1);
    CHECK(curve.points()[0].y == 2);

    Curve longer;
    constexpr int points = 100'000;
    for (int i = 0; i < points; ++i) longer.add(i, 3.0 * i);
    REQUIRE(longer.points().size() <= Curve::most_points);
    CHECK(longer.points().size() > Curve::most_points / 2);
    CHECK(longer.points().front().x == doctest::Approx(15.5));  // of 0 to 31
    CHECK(longer.points()[1].x == doctest::Approx(47.5));
    CHECK(longer.points().back().x == doctest::Approx(points - 16.5));
    for (const auto& [x, y] : longer.points()) CHECK(y == doctest::Approx(3 * x));
}

TEST_CASE("axes have round ticks, the legend names the curves, losses and shares have scales of their own") {
    const std::vector<std::string> lines = seen(straight_plot(4, 30).draw(79, 13), 80);
    REQUIRE(lines.size() == 13);
    CHECK(lines[0] == "loss  ━━ training loss  ━━ training accuracy  ━━ validation accuracy   accuracy");
    CHECK(lines[1].starts_with("2.0 ┤"));
    CHECK(lines[1].ends_with("├ 100%"));
    CHECK(test::holds(lines[2], " │"));
    CHECK(lines[10].starts_with("0.0 ┤"));
    CHECK(lines[10].ends_with("├ 0%"));
    CHECK(lines[11].starts_with("    └┬─"));
    CHECK(lines[11].ends_with("─┬┘"));
    CHECK(lines[12].starts_with("     0 "));
    CHECK(lines[12].ends_with(" 5 epoch"));
    CHECK(test::holds(lines[12], " 1 ", " 2 ", " 3 ", " 4 "));
}

TEST_CASE("curves run from corner to corner") {
    const std::vector<std::string> lines = seen(straight_plot(5, 5).draw(79, 23), 80);
    REQUIRE(lines.size() == 23);
    const std::string &top = lines[1], &bottom = lines[20];
    // The loss begins at the top left, the accuracy ends at the top right; at the bottom it is the other way.
    const std::size_t label = std::string("2.0 ┤").size(), character = std::string("⠁").size(),
                      end = std::string("├ 100%").size();
    CHECK(test::braille_characters(top.substr(label, character)) == 1);
    CHECK(test::braille_characters(top.substr(top.size() - end - character, character)) == 1);
    CHECK(test::braille_characters(bottom.substr(label, character)) == 1);
    CHECK(test::braille_characters(bottom) >= 4);
    // Halfway up, all three meet; and each row has a piece of the two that cross.
    for (std::size_t row = 1; row <= 20; ++row) CHECK(test::braille_characters(lines[row]) >= 2);
    CHECK(test::braille_characters(lines[11]) + test::braille_characters(lines[10]) > 45);
}

TEST_CASE("a plot fits whatever room it is given") {
    for (const double epochs : {0.0, 0.1, 1.0, 7.0, 29.0, 30.0, 400.0, 1e5, 1e9})
        for (int columns = CurvePlot::least_columns; columns < 130; columns += 7)
            for (int rows = CurvePlot::least_rows; rows < 30; ++rows) {
                CAPTURE(epochs);
                CAPTURE(columns);
                CAPTURE(rows);
                CurvePlot plot = straight_plot(epochs, epochs == 0 ? 1e-6 : std::max(epochs, 30.0));
                plot.loss.curve.add(epochs, rows * rows * rows * 0.001);
                const std::vector<std::string> lines = plot.draw(columns, rows);
                CHECK(std::ssize(lines) == rows);
                CHECK(seen(lines, columns).size() == lines.size());
                CHECK(seen(lines, columns) == seen(lines, 500));  // nothing was wrapped
            }
}

TEST_CASE("the epochs shown are few at first, and never more than there will be") {
    const auto labels = [](double reached, double last_epoch) {
        return seen(straight_plot(reached, last_epoch).draw(79, 13), 80).back();
    };
    CHECK(labels(0.4, 30).ends_with(" 1.0 epoch"));
    CHECK(labels(1.4, 30).ends_with(" 2.0 epoch"));
    CHECK(labels(9, 30).ends_with(" 10 epoch"));
    CHECK(labels(21, 30).ends_with(" 30 epoch"));
    CHECK(test::holds(labels(0.01, 0.1), "0.00", " 0.10"));  // which leaves no room for the unit
}

TEST_CASE("without any point there are axes all the same") {
    const std::vector<std::string> lines = seen(plot_of(30).draw(60, 10), 61);
    CHECK(lines.size() == 10);
    CHECK(test::braille_characters(lines) == 0);
    CHECK(lines[0] == "loss      ━━ loss  ━━ training  ━━ validation       accuracy");
    CHECK(lines[1].starts_with("1.0 ┤"));
}

TEST_CASE("losses of any size, and none, have a scale") {
    for (const double loss :
         {0.0, 1e-300, 1e-30, 1e-9, 0.37, 2.3, 977.0, 1e30, 1e300, 1.7e308, -1.0, -1e308}) {
        CAPTURE(loss);
        CurvePlot plot = plot_of(30);
        plot.loss.curve.add(0.5, loss);
        plot.loss.curve.add(1, loss);
        const std::vector<std::string> lines = plot.draw(CurvePlot::least_columns, 12);
        CHECK(test::braille_characters(lines) > 0);
        CHECK(seen(lines, CurvePlot::least_columns) == seen(lines, 500));
    }
}
