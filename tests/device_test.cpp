// Tensors and modules on devices other than the CPU.
#include <algorithm>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/metrics.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/linear.h"
#include "engine/ops/add.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/mul.h"
#include "engine/ops/sum.h"
#include "engine/optim/adam.h"
#include "engine/serialize/layout.h"
#include "engine/serialize/npy.h"
#include "kernels/common/runtime.h"
#include "kernels/increment/increment.h"
#include "tests/support/devices.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Device;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::holds;
using test::message_of;

namespace {

Floats here(const Tensor& x) { return test::to_vector(x.to(Device::cpu)); }

}  // namespace

TEST_CASE("elements go to a device, within it, and back") {
    const Tensor x = test::random_tensor({3, 5}, 1);
    for (const Device device : test::other_devices()) {
        const Tensor there = x.to(device);
        CHECK(there.device() == device);
        CHECK(there.to(device).is(there));
        CHECK(here(there) == test::to_vector(x));
        const Tensor copy = there.clone();
        CHECK(copy.device() == device);
        there.zero_();
        CHECK(here(there) == Floats(15));
        CHECK(here(copy) == test::to_vector(x));
        there.copy_(x);
        CHECK(here(there) == test::to_vector(x));
        CHECK(here(engine::full({2, 3}, 7, device)) == Floats(6, 7));
        CHECK(here(engine::zeros({0, 3}, engine::DType::float32, device)).empty());
    }
}

TEST_CASE("item() reads one element of any type from any device") {
    for (const Device device : test::other_devices()) {
        CHECK(engine::full({}, 2.5F, device).item() == 2.5);
        const Tensor count = engine::zeros({}, engine::DType::int64, device);
        kernels::increment(device, {count.data<std::int64_t>(), 3});
        kernels::increment(device, {count.data<std::int64_t>(), -1});
        CHECK(count.item() == 2);
    }
}

TEST_CASE("elements of a device that the host asks for are an error that says what to do") {
    for (const Device device : test::other_devices()) {
        const Tensor x = engine::zeros({2, 2}, engine::DType::float32, device);
        CHECK(holds(message_of<UsageError>([&] { x.values(); }), kernels::name(device), "Tensor::values",
                    "to(Device::cpu)"));
        CHECK_THROWS_AS(engine::save_npy("never.npy", x), UsageError);
    }
}

TEST_CASE("tensors of two devices do not meet in an op") {
    for (const Device device : test::other_devices()) {
        const Tensor x = test::random_tensor({2, 3}, 1), there = x.to(device);
        CHECK(holds(message_of<UsageError>([&] { engine::add(x, there); }), "'cpu'", kernels::name(device),
                    "in add", "move them"));
        const Tensor labels = engine::tensor(test::Labels{0, 1}, {2});
        CHECK_THROWS_AS(engine::cross_entropy(there, labels), UsageError);
        CHECK_THROWS_AS(engine::correct_predictions(there, labels), UsageError);
        engine::nn::BatchNorm2d norm(3);
        CHECK_THROWS_AS(norm(engine::zeros({2, 2, 2, 3}, engine::DType::float32, device)), UsageError);
        engine::nn::Linear linear(3, 2);
        linear.weight.move_to_(device);
        CHECK(holds(message_of<UsageError>([&] { engine::optim::Adam(linear.named_parameters(), {}); }),
                    "'bias'", "in Optimizer"));
    }
}

TEST_CASE("gradients are made where the tensors are") {
    for (const Device device : test::other_devices()) {
        Tensor x = test::random_tensor({4, 3}, 1).to(device);
        x.set_requires_grad();
        const Tensor y = test::random_tensor({4, 3}, 2).to(device);
        for (int round = 1; round < 3; ++round) {
            engine::sum(engine::mul(x, y)).backward();
            CHECK(x.grad().device() == device);
            Floats expected = here(y);
            for (float& value : expected) value *= static_cast<float>(round);
            CHECK(here(x.grad()) == expected);
        }
        x.zero_grad();
        CHECK_FALSE(x.grad().defined());
        engine::mean(x).backward();
        test::check_close("d mean", here(x.grad()), Floats(12, 1.0F / 12), {0, 1e-6});
    }
}

TEST_CASE("a module moves with all its handles, and its state comes and goes between devices") {
    for (const Device device : test::other_devices()) {
        engine::nn::BatchNorm2d norm(3), other(3);
        norm.weight.copy_(test::random_tensor({3}, 1));
        norm.running_mean.copy_(test::random_tensor({3}, 2));
        const auto before = test::values_of(norm.state_dict());
        norm.to(device);
        CHECK(norm.device() == device);
        CHECK(norm.weight.device() == device);
        CHECK(norm.weight.requires_grad());
        CHECK(norm.num_batches_tracked.device() == device);

        other.load_state_dict(norm.state_dict());
        CHECK(other.device() == Device::cpu);
        CHECK(test::values_of(other.state_dict()) == before);
        other.weight.copy_(test::random_tensor({3}, 3));
        norm.load_state_dict(other.state_dict());
        CHECK(here(norm.weight) == test::to_vector(other.weight));

        norm.to(Device::cpu);
        CHECK(test::to_vector(norm.weight) == test::to_vector(other.weight));
        CHECK(holds(message_of<UsageError>([&] { engine::sum(norm.weight).move_to_(device); }), "'sum'",
                    "move_to_"));
    }
}

TEST_CASE("tensors leave for files by way of the CPU") {
    const Tensor x = test::random_tensor({2, 3, 4, 5}, 1);
    for (const Device device : test::other_devices()) {
        const Tensor out = engine::to_channels_first(x.to(device));
        CHECK(out.device() == Device::cpu);
        CHECK(test::to_vector(out) == test::to_vector(engine::to_channels_first(x)));
        CHECK(engine::to_channels_first(engine::zeros({3}, engine::DType::float32, device)).device() ==
              Device::cpu);
    }
}

TEST_CASE("correct predictions are those of the CPU: ties, NaN, labels that are no class") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    inf = std::numeric_limits<float>::infinity();
    const Tensor logits = engine::tensor(
        Floats{1, 2, 2, 2, 2, 1, nan, 1, 2, 1, nan, 0, 0, 1, nan, -inf, -inf, -inf, 0, -0.0F, -1, 1, 2, 3},
        {8, 3});
    const Tensor labels = engine::tensor(test::Labels{1, 0, 2, 0, 1, 0, 0, 3}, {8});
    CHECK(engine::correct_predictions(logits, labels) == 4);
    const Tensor many = test::random_tensor({700, 10}, 1);
    test::Labels some;
    for (int i = 0; i < 700; ++i) some.push_back(i % 10);
    const Tensor many_labels = engine::tensor(some, {700});
    for (const Device device : test::other_devices()) {
        CHECK(engine::correct_predictions(logits.to(device), labels.to(device)) == 4);
        CHECK(engine::correct_predictions(many.to(device), many_labels.to(device)) ==
              engine::correct_predictions(many, many_labels));
    }
}

TEST_CASE("a device without memory says so") {
    for (const Device device : test::other_devices()) {
        constexpr std::int64_t far_too_many = std::int64_t{1} << 40;
        CHECK(holds(message_of<kernels::DeviceError>(
                        [&] { engine::empty({far_too_many}, engine::DType::float32, device); }),
                    "out of memory", kernels::name(device), "--batch-size"));
        CHECK(here(engine::full({3}, 1, device)) == Floats(3, 1));  // and goes on
    }
}

TEST_CASE("a device that this build has not is an error that names those it has") {
    const auto& built = kernels::built_devices();
    CHECK(built.front() == Device::cpu);
    for (const Device device : {Device::cuda, Device::emulated})
        if (std::find(built.begin(), built.end(), device) == built.end())
            CHECK(holds(message_of<kernels::DeviceError>([&] { kernels::require_usable(device); }),
                        kernels::name(device), "it has: cpu"));
}
