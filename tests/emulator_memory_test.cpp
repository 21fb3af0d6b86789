#include "tests/emulator_kernels/memory.h"
#include "tests/support/emulator.h"
#include "tests/support/message_of.h"

using namespace kernels::emulated;
using test::Kind;
using test::Position;

namespace {

void check_accused(void (*run)(), Kind kind, const char* marker, Position thread = {3, 0, 0}) {
    CAPTURE(marker);
    test::check_accused(run, kind, "memory.cu", {{marker, thread}});
}

}  // namespace

TEST_CASE("emulator: access out of bounds") {
    check_accused(beyond_allocation, Kind::out_of_bounds, "write");
    check_accused(before_allocation, Kind::out_of_bounds, "write");
    check_accused(beyond_dynamic_shared, Kind::out_of_bounds, "dynamic shared", {15, 0, 0});
    check_accused(beyond_static_shared, Kind::out_of_bounds, "static shared");
    check_accused(beyond_inner_extent, Kind::out_of_bounds, "inner extent");
    check_accused(copied_beyond_allocation, Kind::out_of_bounds, "copy");
}

TEST_CASE("emulator: use after free") {
    check_accused(read_after_free, Kind::use_after_free, "read");
    check_accused(atomic_after_free, Kind::use_after_free, "atomic");
}

TEST_CASE("emulator: memory that is not the device's") {
    check_accused(host_pointer, Kind::host_memory, "read");
    check_accused(null_pointer, Kind::host_memory, "write");
    check_accused(read_of_null_pointer, Kind::host_memory, "read");
    check_accused(local_of_another_thread, Kind::host_memory, "local");
}

TEST_CASE("emulator: misaligned vectors") {
    check_accused(misaligned_float4, Kind::misaligned, "float4");
    check_accused(misaligned_shared_float2, Kind::misaligned, "float2");
}

TEST_CASE("emulator: reads of what nobody wrote") {
    check_accused(unwritten_global, Kind::uninitialised, "read");
    check_accused(unwritten_shared, Kind::uninitialised, "unwritten shared");
}

TEST_CASE("emulator: shared memory is new in each block") {
    test::in_every_order([] {
        const kernels::emulator::CollectReports collected;
        unwritten_in_next_block();
        REQUIRE(collected.reports().size() == 1);
        CHECK(collected.reports()[0].kind == Kind::uninitialised);
        CHECK(collected.reports()[0].where.line == test::line_of("memory.cu", "next block"));
    });
}

TEST_CASE("emulator: a loop without end is given up") {
    check_accused(endless_loop, Kind::no_progress, "endless");
    check_accused(barrier_behind, Kind::no_progress, "barrier behind");
}

// Which block is the first, and so waits in vain, depends on their order.
TEST_CASE("emulator: a block that waits for another one is given up") {
    test::in_every_order([] {
        const kernels::emulator::CollectReports collected;
        next_block_awaited();
        REQUIRE(collected.reports().size() == 1);
        const test::Report& report = collected.reports()[0];
        CHECK(report.kind == Kind::no_progress);
        CHECK(report.where.line == test::line_of("memory.cu", "next block awaited"));
        CHECK(report.threads == std::vector<Position>{{0, 0, 0}});
        CHECK(report.block.x < 2);
    });
}

// It is nobody's access, so there is no line to name.
TEST_CASE("emulator: memory that nobody frees is a leak") {
    const auto lost = [] {
        auto leaks = kernels::emulator::find_leaks();
        std::erase_if(leaks, [](const test::Report& leak) {
            return leak.memory != "allocation of " + std::to_string(lost_bytes) + " bytes";
        });
        return leaks;
    };
    test::in_every_order([&] {
        const std::size_t before = lost().size();
        lost_when_it_grew();
        REQUIRE(lost().size() == before + 1);
        CHECK_THROWS_AS(lost_when_a_launch_failed(), kernels::emulator::ReportError);
        REQUIRE(lost().size() == before + 2);
        for (const test::Report& leak : lost()) {
            CHECK(leak.kind == Kind::leak);
            CHECK(test::holds(leak.text, "leak: allocation of 4321 bytes was never freed"));
            CHECK(leak.threads.empty());
        }
    });
}

TEST_CASE("emulator: a report is thrown by the launch, which leaves a usable device") {
    const std::string message = test::message_of<kernels::emulator::ReportError>([] { beyond_allocation(); });
    CHECK(test::holds(message, "access out of bounds", "write_kernel", "thread (3,0,0)", "block (0,0,0)",
                      "memory.cu:", "allocation of 40 bytes + 40 bytes"));
    CHECK_THROWS_AS(unwritten_shared(), kernels::DeviceError);
    CHECK_THROWS_AS(beyond_dynamic_shared(), kernels::emulator::ReportError);
}
