#include "engine/progressive_resizing.h"

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::ProgressiveResizing;
using engine::Shape;
using engine::Tensor;

TEST_CASE("a side holds from its share of all steps on") {
    const ProgressiveResizing resizing("0:4,0.25:6,0.5:9");
    const Tensor images = test::random_tensor({2, 8, 8, 3}, 1);
    const std::vector<std::int64_t> sides = {4, 6, 8, 8};
    for (std::int64_t step = 0; step < 4; ++step) {
        CAPTURE(step);
        const std::int64_t side = sides[static_cast<std::size_t>(step)];
        CHECK(resizing.resize(images, step, 4).shape() == Shape{2, side, side, 3});
    }
    CHECK(resizing.smallest_side() == 4);
}

TEST_CASE("what is shrunk is a mean, of each side for itself; what is small enough is handed on") {
    const ProgressiveResizing resizing("0:4");
    Tensor images = test::random_tensor({2, 8, 3, 1}, 2);
    images.set_requires_grad(true);
    const Tensor small = resizing.resize(images, 0, 1);
    CHECK_FALSE(small.requires_grad());
    CHECK(test::to_vector(small) == test::to_vector(engine::adaptive_avg_pool(images, 4, 3)));
    CHECK(small.shape() == Shape{2, 4, 3, 1});
    CHECK(resizing.resize(small, 0, 1).data() == small.data());
    CHECK(ProgressiveResizing().resize(images, 0, 1).data() == images.data());
    CHECK(ProgressiveResizing("none").smallest_side() == 0);
}

TEST_CASE("what is no progressive resizing is refused, with how one looks") {
    for (const char* wrong :
         {"", "16", "small", "0.1:16", "0:16,0:32", "0:16,0.4:32,0.3:8", "0:16,1.1:32", "0:0", "0:-4",
          "0:16.5", "0:nan", "0:1e30", "0:16,", "0:16;1:32", "0:16,0.4:32x"}) {
        CAPTURE(wrong);
        CHECK(test::message_of<engine::UsageError>([&] {
                  const ProgressiveResizing resizing(wrong);
              }).find("0:16,0.4:32") != std::string::npos);
    }
}
