#include "kernels/lerp/lerp.h"

#include "engine/error.h"
#include "engine/ops/lerp.h"
#include "tests/support/gpu.h"
#include "tests/support/message_of.h"
#include "tests/support/random_values.h"
#include "tests/support/tensors.h"

using namespace kernels;

TEST_CASE("lerp: fast equals reference bit for bit") {
    for (const std::int64_t size : {0, 1, 3, 17, 100, 16384, 40003})
        for (const float weight : {0.0F, 0.1F, 0.5F, 0.95F, 1.0F}) {
            CAPTURE(size);
            CAPTURE(weight);
            const auto towards = test::random_values<float>(size, 1), x = test::random_values<float>(size, 2);
            auto expected = x;
            reference::lerp(Lerp<float>{expected.data(), towards.data(), weight, size});
            auto results = test::on_gpus([&](auto& device) {
                const auto device_x = device.array(x), device_towards = device.array(towards);
                lerp(device.id(), {device_x.data(), device_towards.data(), weight, size});
                return test::Results{device_x.values()};
            });
            results.push_back(test::same_for_any_threads([&] {
                test::Results result{x};
                cpu::lerp({result[0].data(), towards.data(), weight, size});
                return result;
            }));
            for (const auto& result : results) test::check_same_bits("x", result[0], expected);
            if (weight == 0) test::check_same_bits("no way", expected, x);
            if (weight == 1) test::check_same_bits("all the way", expected, towards);
        }
}

TEST_CASE("lerp_in_place moves a tensor, and refuses what does not fit") {
    const engine::Tensor x = engine::tensor(test::Floats{1, 2, 3}, {3});
    engine::lerp_in_place(x, engine::tensor(test::Floats{5, 2, -1}, {3}), 0.25F);
    CHECK(test::to_vector(x) == test::Floats{2, 2, 2});
    for (const float weight : {-0.1F, 1.1F, NAN})
        CHECK(test::holds(test::message_of<engine::UsageError>([&] { engine::lerp_in_place(x, x, weight); }),
                          "in lerp_in_place", "0 to 1"));
    CHECK_THROWS_AS(engine::lerp_in_place(x, engine::ones({4}), 0.5F), engine::UsageError);
}
