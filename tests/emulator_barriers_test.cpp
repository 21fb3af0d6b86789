#include "tests/emulator_kernels/barriers.h"
#include "tests/support/emulator.h"

using namespace kernels::emulated;
using test::Accused;
using test::Kind;

namespace {

void check_accused(void (*run)(), Kind kind, const std::vector<Accused>& accused) {
    test::check_accused(run, kind, "barriers.cu", accused);
}

}  // namespace

TEST_CASE("emulator: threads that wait at different barriers") {
    check_accused(barrier_in_both_branches, Kind::barrier_divergence,
                  {{"both branches, first", {0, 0, 0}}, {"both branches, second", {40, 0, 0}}});
    check_accused(barrier_in_one_branch, Kind::barrier_divergence,
                  {{"one branch, after", {0, 0, 0}}, {"one branch, inside", {32, 0, 0}}});
}

TEST_CASE("emulator: masks that name lanes which do not come") {
    check_accused(exited_lane, Kind::warp_mask, {{"exited lane", {0, 0, 0}}, {"", {20, 0, 0}}});
    check_accused(missing_lane, Kind::warp_mask, {{"missing lane", {0, 0, 0}}});
    check_accused(
        lane_at_block_barrier, Kind::warp_mask,
        {{"lane at block barrier, warp", {0, 0, 0}}, {"lane at block barrier, barrier", {31, 0, 0}}});
    check_accused(not_in_own_mask, Kind::warp_mask, {{"not in own mask", {9, 0, 0}}});
}

// Lane 1 goes on alone, by its own mask, and has exited when lane 0 still waits for it.
TEST_CASE("emulator: lanes that give different masks") {
    check_accused(different_masks, Kind::warp_mask, {{"different masks", {0, 0, 0}}, {"", {1, 0, 0}}});
}
