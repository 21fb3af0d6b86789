#include <limits>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/batch_norm_max_pool.h"
#include "engine/ops/max_pool.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::gradient_of;
using test::message_of;
using test::to_vector;

namespace {

const Shape images{3, 5, 4, 6};

/// Leaves and statistics, the same in each.
struct Inputs {
    Tensor x = test::random_tensor(images, 1).set_requires_grad();
    Tensor weight = test::random_tensor({6}, 2).set_requires_grad();
    Tensor bias = test::random_tensor({6}, 3).set_requires_grad();
    engine::RunningStatistics running{test::random_tensor({6}, 4), engine::ones({6})};
};

Tensor composed(const Inputs& in, bool training) {
    return engine::max_pool(engine::batch_norm(in.x, in.running, in.weight, in.bias, training), 2);
}

Tensor fused(const Inputs& in, bool training) {
    return engine::batch_norm_max_pool(in.x, in.running, in.weight, in.bias, training);
}

/// Leaves NaN in the memory that the next gradient of x is likely to get.
void spoil_idle_memory() { engine::full(images, std::numeric_limits<float>::quiet_NaN()); }

}  // namespace

TEST_CASE("batch_norm_max_pool is batch_norm, then max_pool") {
    const Tensor factor = test::random_tensor({3, 2, 2, 6}, 5);
    for (const bool training : {true, false}) {
        for (const bool has_gradient : {false, true}) {
            CAPTURE(training);
            CAPTURE(has_gradient);
            const Inputs expected, actual;
            if (has_gradient) {
                expected.x.grad_target().copy_(engine::full(images, 0.25F));
                actual.x.grad_target().copy_(engine::full(images, 0.25F));
            }
            const Tensor expected_out = composed(expected, training), out = fused(actual, training);
            test::check_same_bits("out", to_vector(out), to_vector(expected_out));
            test::check_same_bits("mean", to_vector(actual.running.mean), to_vector(expected.running.mean));
            test::check_same_bits("var", to_vector(actual.running.var), to_vector(expected.running.var));

            engine::sum(expected_out * factor).backward();
            spoil_idle_memory();
            engine::sum(out * factor).backward();
            constexpr test::Tolerance close{2e-6, 2e-6};
            test::check_close("d_x", gradient_of(actual.x), gradient_of(expected.x), close);
            test::check_close("d_weight", gradient_of(actual.weight), gradient_of(expected.weight), close);
            test::check_close("d_bias", gradient_of(actual.bias), gradient_of(expected.bias), close);
        }
    }
}

TEST_CASE("batch_norm_max_pool: x that is used elsewhere gets both gradients, whichever comes first") {
    const Inputs alone;
    engine::sum(fused(alone, true)).backward();
    Floats expected = gradient_of(alone.x);
    for (float& value : expected) value += 1;
    for (const bool last : {false, true}) {
        CAPTURE(last);
        const Inputs both;
        const Tensor y = engine::sum(fused(both, true));
        spoil_idle_memory();
        (last ? engine::sum(both.x) + y : y + engine::sum(both.x)).backward();
        test::check_close("d_x", gradient_of(both.x), expected, {1e-6, 1e-6});
    }
}

TEST_CASE("batch_norm_max_pool: gradients that nobody asked for are not kept") {
    Inputs in;
    in.x.set_requires_grad(false);
    in.bias.set_requires_grad(false);
    engine::sum(fused(in, true)).backward();
    CHECK(!in.x.grad().defined());
    CHECK(in.weight.grad().defined());
    CHECK(!in.bias.grad().defined());
}

TEST_CASE("batch_norm_max_pool refuses what either op refuses, and changes nothing") {
    const Inputs in;
    const Floats mean = to_vector(in.running.mean);
    const auto refusal = [&](const Tensor& x, const Tensor& weight, bool training) {
        return message_of<UsageError>(
            [&] { engine::batch_norm_max_pool(x, in.running, weight, in.bias, training); });
    };
    CHECK(
        test::holds(refusal(in.x, engine::ones({5}), true), "weight has shape (5)", "in batch_norm", "(6)"));
    CHECK(test::holds(refusal(engine::ones({1, 1, 1, 6}), in.weight, true), "one value per channel",
                      "in batch_norm (training)"));
    CHECK(test::holds(refusal(engine::ones({4, 6}), in.weight, true), "(4, 6)", "in max_pool"));
    CHECK(test::holds(refusal(engine::ones({4, 1, 2, 6}), in.weight, true), "window 2", "(4, 1, 2, 6)",
                      "in max_pool"));
    CHECK(test::holds(refusal({}, in.weight, true), "undefined"));
    CHECK(to_vector(in.running.mean) == mean);
    CHECK(fused({.x = engine::zeros({0, 4, 4, 6})}, false).shape() == Shape{0, 2, 2, 6});
}

TEST_CASE("BatchNorm2d::forward_max_pool counts batches as forward does") {
    engine::nn::BatchNorm2d separate(6), together(6);
    const Tensor x = test::random_tensor(images, 1);
    for (int batch = 0; batch < 2; ++batch) {
        const Tensor expected = engine::max_pool(separate(x), 2);
        CHECK(to_vector(together.forward_max_pool(x)) == to_vector(expected));
    }
    CHECK_THROWS_AS(together.forward_max_pool(engine::ones({1, 1, 1, 6})), UsageError);
    CHECK(together.num_batches_tracked.item() == 2.0);
    CHECK(to_vector(together.running_var) == to_vector(separate.running_var));
    together.eval();
    together.forward_max_pool(x);
    CHECK(together.num_batches_tracked.item() == 2.0);
}
