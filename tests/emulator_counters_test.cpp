#include "kernels/emulator/counters.h"
#include "tests/emulator_kernels/counters.h"
#include "tests/support/emulator.h"

using namespace kernels::emulated;
using kernels::emulator::Access;
using kernels::emulator::LineCount;

namespace {

struct Expected {
    std::uint64_t requests, lanes, actual, ideal;
};

/// Checks what `run` does at a marked line, in every order of threads.
template <typename Run>
void check_counts(const Run& run, const std::string& marker, bool shared, Access access, Expected expected) {
    const int line = test::line_of("counters.cu", marker);
    test::in_every_order([&] {
        const kernels::emulator::CountAccesses counting;
        run();
        const std::vector<LineCount> table = counting.table();
        CAPTURE(text_of(table));
        int found = 0;
        for (const LineCount& count : table) {
            if (count.line != line || count.shared != shared || count.access != access) continue;
            ++found;
            CHECK(count.requests == expected.requests);
            CHECK(count.lanes == expected.lanes);
            CHECK(count.actual == expected.actual);
            CHECK(count.ideal == expected.ideal);
        }
        CHECK(found == 1);
    });
}

}  // namespace

TEST_CASE("emulator: sectors of global memory") {
    check_counts([] { strided_loads(1); }, "strided load", false, Access::read, {2, 64, 8, 8});
    check_counts([] { strided_loads(2); }, "strided load", false, Access::read, {2, 64, 16, 8});
    check_counts([] { strided_loads(8); }, "strided load", false, Access::read, {2, 64, 64, 8});
    check_counts([] { strided_loads(8); }, "store", false, Access::write, {2, 64, 8, 8});
    check_counts(broadcast_load, "broadcast", false, Access::read, {1, 32, 1, 4});
    check_counts(vector_copies, "vector load", false, Access::read, {1, 32, 16, 16});
    check_counts(vector_copies, "vector store", false, Access::write, {1, 32, 16, 16});
    // Turn n has 32 - n lanes, which read the words from n on of a row of 32.
    std::uint64_t actual = 0, ideal = 0;
    for (std::uint64_t n = 0; n < 32; ++n) {
        actual += 4 - n / 8;
        ideal += (32 - n + 7) / 8;
    }
    check_counts(divergent_loop, "divergent", false, Access::read, {32, 32 * 33 / 2, actual, ideal});
}

TEST_CASE("emulator: wavefronts of shared memory") {
    check_counts([] { transpose(false); }, "column", true, Access::write, {32, 1024, 1024, 32});
    check_counts([] { transpose(true); }, "column", true, Access::write, {32, 1024, 32, 32});
    check_counts([] { transpose(true); }, "row", true, Access::read, {32, 1024, 32, 32});
    check_counts(vector_copies, "vector load", true, Access::write, {1, 32, 4, 4});
    // Rows of 16 bytes fill the banks; rows of 128 bytes all begin at the same one.
    check_counts(matrix_loads, "matrix", true, Access::read, {2, 64, 4 + 4 * 8, 8});
}

TEST_CASE("emulator: cp.async reads global memory and writes shared memory, once each") {
    const auto to_one_bank = [] { async_copies(1, 32); };
    check_counts(to_one_bank, "async copy", false, Access::read, {1, 32, 4, 4});
    check_counts(to_one_bank, "async copy", true, Access::write, {1, 32, 32, 1});
    const auto from_far = [] { async_copies(8, 1); };
    check_counts(from_far, "async copy", false, Access::read, {1, 32, 32, 4});
    check_counts(from_far, "async copy", true, Access::write, {1, 32, 1, 1});
    // A lane that asks for nothing has made its turn all the same, and writes zeros.
    const auto checkerboard = [] { async_checkerboard(4); };
    check_counts(checkerboard, "checkerboard", false, Access::read, {4, 64, 16, 8});
    check_counts(checkerboard, "checkerboard", true, Access::write, {4, 128, 4, 4});
}
