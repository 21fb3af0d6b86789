#include "engine/optim/schedule.h"

#include <limits>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/message_of.h"

using engine::UsageError;
using engine::optim::Schedule;

namespace {

void check_factors(const Schedule& schedule, const std::vector<double>& expected) {
    const auto steps = static_cast<std::int64_t>(expected.size());
    for (std::int64_t step = 0; step < steps; ++step) {
        CAPTURE(step);
        CHECK(schedule.factor(step, steps) ==
              doctest::Approx(expected[static_cast<std::size_t>(step)]).epsilon(1e-12));
    }
}

}  // namespace

TEST_CASE("schedules by name are PyTorch's") {
    check_factors(Schedule(), {1, 1, 1, 1});
    // torch.optim.lr_scheduler.LinearLR(start_factor=1, end_factor=0, total_iters=10)
    check_factors(Schedule("linear"), {1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1});
    // CosineAnnealingLR(T_max=10)
    check_factors(Schedule("cosine"),
                  {1.0, 0.9755282581475768, 0.9045084971874737, 0.7938926261462366, 0.6545084971874737, 0.5,
                   0.34549150281252633, 0.2061073738537635, 0.09549150281252633, 0.024471741852423234});
    // OneCycleLR(max_lr=1, total_steps=11, pct_start=4/11): the rate peaks one step before that share there
    check_factors(Schedule("one-cycle"), {0.040000000000000036, 0.28, 0.7599999999999999, 1.0,
                                          0.9504846320134737, 0.8117456539497631, 0.6112620219362893,
                                          0.38874197806371075, 0.18825834605023697, 0.049519367986526286});
}

TEST_CASE("a schedule of points is straight between them") {
    check_factors(Schedule("0:0.5,0.25:1,1:0.25"), {0.5, 0.75, 1, 0.875, 0.75, 0.625, 0.5, 0.375});
    CHECK(Schedule("0:2,1:0").factor(9, 10) == doctest::Approx(0.2));
}

TEST_CASE("a warm-up rises evenly to the whole rate and is over then") {
    check_factors(Schedule().warm_up(0.5), {0.25, 0.5, 0.75, 1, 1, 1, 1, 1});
    check_factors(Schedule("linear").warm_up(0.5), {0.5, 0.75, 0.5, 0.25});
    check_factors(Schedule().warm_up(0), {1, 1, 1});
    CHECK_THROWS_AS(Schedule().warm_up(1), UsageError);
    CHECK_THROWS_AS(Schedule().warm_up(-0.1), UsageError);
    CHECK_THROWS_AS(Schedule().warm_up(std::numeric_limits<double>::quiet_NaN()), UsageError);
}

TEST_CASE("what is no schedule is refused, with those that there are") {
    for (const char* wrong :
         {"", "polynomial", "0:1", "0:1,0.5:1", "0.1:1,1:0", "0:1,0.5:1,0.5:2,1:0", "0:1,2:0,1:0", "0:-1,1:0",
          "0:nan,1:0", "0:1,1:inf", "0:1,1:0,", "0:1;1:0", "0:1,1", "0,1:1", "0:1,1:0x"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(Schedule{wrong}, UsageError);
    }
    CHECK(test::holds(test::message_of<UsageError>([] { Schedule("poly"); }), "'poly'", "one-cycle"));
}
