#include "tests/emulator_kernels/races.h"
#include "tests/support/emulator.h"

using namespace kernels::emulated;
using test::Accused;
using test::check_accused;
using test::Kind;

namespace {

void check_race(void (*run)(), Kind kind, const std::vector<Accused>& accused) {
    check_accused(run, kind, "races.cu", accused);
}

}  // namespace

TEST_CASE("emulator: races in shared memory") {
    check_race(missing_barrier, Kind::shared_race,
               {{"missing barrier, write", {0, 0, 0}}, {"missing barrier, read", {40, 0, 0}}});
    check_race(overwritten_tile, Kind::shared_race,
               {{"overwritten tile, write", {0, 0, 0}}, {"overwritten tile, read", {33, 0, 0}}});
    check_race(two_writers, Kind::shared_race, {{"two writers", {3, 0, 0}}, {"two writers", {35, 0, 0}}});
    check_race(neighbouring_bytes, Kind::shared_race,
               {{"bytes, write", {2, 0, 0}}, {"bytes, read", {40, 0, 0}}});
}

TEST_CASE("emulator: races within a warp") {
    check_race(missing_warp_barrier, Kind::shared_race,
               {{"missing warp barrier, write", {8, 0, 0}}, {"missing warp barrier, read", {9, 0, 0}}});
    check_race(shuffle_is_no_barrier, Kind::shared_race,
               {{"shuffle, write", {8, 0, 0}}, {"shuffle, read", {9, 0, 0}}});
}

TEST_CASE("emulator: races in global memory") {
    check_race(
        between_blocks, Kind::global_race,
        {{"between blocks, write", {2, 0, 0}, {1, 0, 0}}, {"between blocks, read", {5, 0, 0}, {2, 0, 0}}});
    check_race(within_a_block, Kind::global_race,
               {{"within a block, write", {2, 0, 0}}, {"within a block, read", {50, 0, 0}}});
}

TEST_CASE("emulator: atomic and plain accesses race") {
    check_race(atomic_and_read, Kind::mixed_atomic,
               {{"atomic and read, atomic", {1, 0, 0}}, {"atomic and read, read", {34, 0, 0}}});
    check_race(atomic_and_write, Kind::mixed_atomic,
               {{"atomic and write, atomic", {1, 0, 0}}, {"atomic and write, write", {34, 0, 0}}});
}

// Which block is the last, and so which reads what the other wrote, depends on their order.
TEST_CASE("emulator: a counter without a fence publishes nothing") {
    for (const auto run : {last_block_without_fence, written_after_fence}) {
        const std::string what = run == last_block_without_fence ? "no fence" : "after the fence";
        test::in_every_order([&] {
            const kernels::emulator::CollectReports collected;
            run();
            REQUIRE(collected.reports().size() == 1);
            const test::Report& report = collected.reports()[0];
            CHECK(report.kind == Kind::global_race);
            CHECK(report.where.line == test::line_of("races.cu", what + ", read"));
            CHECK(report.other.line == test::line_of("races.cu", what + ", write"));
            CHECK(report.block.x + report.other_block.x == 1);
        });
    }
}
