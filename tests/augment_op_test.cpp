#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/augment.h"
#include "tests/support/devices.h"
#include "tests/support/tensors.h"

using engine::AugmentPlan;
using engine::DType;
using engine::Tensor;
using engine::UsageError;

namespace {

Tensor images(const engine::Shape& shape) { return engine::zeros(shape, DType::uint8); }

/// Nothing is done to so many images of 2 x 3 pixels.
AugmentPlan plan(std::int64_t count, std::size_t channels) {
    return {engine::augment_steps(count, 0), std::vector(channels, 1.0F), std::vector(channels, 0.5F), 2, 3};
}

}  // namespace

TEST_CASE("augment makes float images where the bytes are") {
    std::vector<engine::Device> devices = test::other_devices();
    devices.push_back(engine::Device::cpu);
    for (const engine::Device device : devices) {
        const Tensor x = images({2, 2, 3, 1});
        x.data<std::uint8_t>()[11] = 255;
        AugmentPlan there = plan(2, 1);
        there.steps = there.steps.to(device);
        const Tensor out = engine::augment(x.to(device), there);
        CHECK(out.device() == device);
        CHECK(out.shape() == engine::Shape{2, 2, 3, 1});
        CHECK(test::to_vector(out.to(engine::Device::cpu)) ==
              test::Floats{-2, -2, -2, -2, -2, -2, -2, -2, -2, -2, -2, 0});
    }
}

TEST_CASE("augment refuses what does not fit") {
    CHECK_THROWS_AS(engine::augment({}, plan(1, 1)), UsageError);
    CHECK_THROWS_AS(engine::augment(engine::zeros({1, 2, 3, 1}), plan(1, 1)), UsageError);
    CHECK_THROWS_AS(engine::augment(images({2, 3, 1}), plan(1, 1)), UsageError);
    CHECK_THROWS_AS(engine::augment(images({1, 2, 3, 5}), plan(1, 5)), UsageError);
    CHECK_THROWS_AS(engine::augment(images({1, 2, 3, 2}), plan(1, 1)), UsageError);
    CHECK_THROWS_AS(engine::augment(images({2, 2, 3, 1}), plan(1, 1)), UsageError);
    AugmentPlan other = plan(1, 1);
    other.deviation.push_back(1);
    CHECK_THROWS_AS(engine::augment(images({1, 2, 3, 1}), other), UsageError);
    other = plan(1, 1);
    for (const Tensor& steps : {Tensor(), engine::zeros({1, 0, 24}), images({1, 0, 23}), images({1, 24})}) {
        other.steps = steps;
        CHECK_THROWS_AS(engine::augment(images({1, 2, 3, 1}), other), UsageError);
    }
    for (const engine::Device device : test::other_devices())
        CHECK_THROWS_AS(engine::augment(images({1, 2, 3, 1}).to(device), plan(1, 1)), UsageError);
}
