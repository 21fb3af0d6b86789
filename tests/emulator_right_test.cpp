#include "tests/emulator_kernels/right.h"
#include "tests/support/emulator.h"

using namespace kernels::emulated;

namespace {

/// Checks that `run` computes what it should, is accused of nothing, in any order of threads, and leaves no
/// memory behind.
void check_innocent(bool (*run)()) {
    test::in_every_order([&] {
        const kernels::emulator::CollectReports collected;
        CHECK(run());
        for (const test::Report& report : collected.reports()) FAIL_CHECK(report.text);
        CHECK(kernels::emulator::find_leaks().empty());
    });
}

}  // namespace

TEST_CASE("emulator: right kernels, shared memory and barriers") {
    check_innocent(reversed_by_templates);
    check_innocent(block_sum);
    check_innocent(double_buffered_sum);
    check_innocent(uniform_branches);
    check_innocent(async_pipeline);
}

TEST_CASE("emulator: right kernels, within a warp") {
    check_innocent(warp_synchronous_sum);
    check_innocent(sums_of_half_warps);
    check_innocent(votes);
}

TEST_CASE("emulator: right kernels, atomics and fences") {
    check_innocent(sum_by_last_block);
    check_innocent(sum_by_last_warp);
    check_innocent(histogram);
}

TEST_CASE("emulator: right kernels, grids and memory") {
    check_innocent(early_exits);
    check_innocent(grid_stride);
    check_innocent(neighbouring_bytes_and_halves);
    check_innocent(constants_and_parameters);
    check_innocent(three_dimensions);
}
