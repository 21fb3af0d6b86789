#include "kernels/common/architectures.h"

#include <doctest/doctest.h>

#include "kernels/common/device.h"
#include "tests/support/message_of.h"

using kernels::DeviceError;
using kernels::Gpu;
using kernels::require_architecture;
using test::holds;
using test::message_of;

TEST_CASE("a GPU runs what was built for it or for older ones") {
    const Gpu a100{"A100", 800}, rtx4090{"RTX 4090", 890}, h100{"H100", 900}, b200{"B200", 1000};
    for (const Gpu& gpu : {a100, rtx4090, h100, b200}) CHECK_NOTHROW(require_architecture({gpu}, {800, 900}));
    CHECK_NOTHROW(require_architecture({b200}, {900}));
    CHECK_NOTHROW(require_architecture({h100, {"T4", 750}}, {800, 900}));  // the first one counts
}

TEST_CASE("a GPU that is too old is an error with both lists") {
    const auto message = [](const std::vector<Gpu>& present, const std::vector<int>& built_for) {
        return message_of<DeviceError>([&] { require_architecture(present, built_for); });
    };
    CHECK(holds(message({{"T4", 750}, {"H100", 900}}, {900, 800, 1210}), "8.0", "9.0", "12.1",
                "T4, compute capability 7.5", "H100, compute capability 9.0", "--device cpu"));
    CHECK(holds(message({{"A100", 800}}, {900}), "capability 9.0 or newer", "A100, compute capability 8.0"));
}
