#include <doctest/doctest.h>

#include "apps/animator/progress_bar.h"
#include "tests/support/message_of.h"

using apps::progress_lines;
using apps::ProgressStatus;

namespace {

constexpr ProgressStatus status{3, 30, 120, 391, 1.2345, 0.5521, 2061.4, 758, 233.1 * 1024 * 1024};
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a wide window has all in one line, a narrower one in two") {
    CHECK(
        progress_lines(status, 150, 2) ==
        Lines{"epoch 3/30 step 120/391 [===========>                            ]  12:38 left  loss 1.2345  "
              "accuracy 55.21%  2061 images/s  233.1 MiB"});
    CHECK(progress_lines(status, 150, 1) == progress_lines(status, 150, 2));
    CHECK(progress_lines(status, 79, 2) ==
          Lines{"epoch 3/30 step 120/391 [===========>                            ]  12:38 left",
                "loss 1.2345  accuracy 55.21%  2061 images/s  233.1 MiB"});
}

TEST_CASE("where there is one line, the less important is left out") {
    const auto line = [](int columns) { return progress_lines(status, columns, 1).at(0); };
    CHECK(line(79) == "epoch 3/30 step 120/391  12:38 left  loss 1.2345  accuracy 55.21%");
    CHECK(line(40) == "epoch 3/30 step 120/391  12:38 left");
    CHECK(line(19) == "epoch 3/30 120/391");
    CHECK(line(12) == "3/30 120/391");
    CHECK(line(5) == "3/30 ");
    CHECK(line(0).empty());
}

TEST_CASE("no line is longer than its window, and as many as may be") {
    for (int columns = 0; columns < 200; ++columns)
        for (const int most_lines : {1, 2}) {
            const Lines lines = progress_lines(status, columns, most_lines);
            CHECK(std::ssize(lines) <= most_lines);
            for (const std::string& text : lines) CHECK(std::ssize(text) <= columns);
        }
}

TEST_CASE("the bar is empty at first and full at the end") {
    const auto bar_at = [](std::int64_t batch) {
        ProgressStatus at = status;
        at.batch = batch;
        return progress_lines(at, 79, 2).at(0);
    };
    CHECK(test::holds(bar_at(0), "[                                        ]"));
    CHECK(test::holds(bar_at(391), "[========================================]"));
    CHECK(test::holds(bar_at(390), "======>"));
}
