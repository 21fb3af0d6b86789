#include <string>
#include <vector>

#include "engine/ops/add.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/attention_conv.h"
#include "engine/ops/batch_norm_max_pool.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/relu.h"
#include "tests/support/devices.h"
#include "tests/support/tensors.h"

using engine::AttentionConvWeights;
using engine::Shape;
using engine::Tensor;
using test::Floats;

namespace {

struct Case {
    Shape x;
    std::int64_t out_channels, kernel = 3, stride = 1, padding = 1;
};

const std::vector<Case> table = {
    {{2, 6, 5, 3}, 4},          {{1, 1, 1, 1}, 1},          {{3, 5, 7, 17}, 33}, {{2, 8, 8, 30}, 5, 3, 2, 0},
    {{2, 7, 6, 5}, 3, 5, 2, 2}, {{4, 4, 3, 2}, 7, 1, 1, 0}, {{2, 8, 8, 40}, 20}, {{3, 2, 2, 16}, 40}};

/// All that attention_conv takes, as leaves with a gradient of 0.25 to add to.
struct Inputs {
    Tensor x, a;
    AttentionConvWeights branches;

    explicit Inputs(const Case& c) {
        x = test::grid_tensor(c.x, 1);
        a = test::grid_tensor({c.x[0], kernels::branches}, 2);
        for (std::uint64_t k = 0; k < kernels::branches; ++k) {
            branches.weight[k] = test::grid_tensor({c.out_channels, c.kernel, c.kernel, c.x[3]}, 10 + k);
            branches.bias[k] = test::grid_tensor({c.out_channels}, 20 + k);
            // Off the grid on which the products lie: no z is exactly 0, where algorithms that round on the
            // way there may differ in what relu does.
            for (float& bias : branches.bias[k].values()) bias += 0x1p-9F;
        }
        for (Tensor leaf : leaves()) {
            leaf.set_requires_grad();
            leaf.grad_target().copy_(engine::full(leaf.shape(), 0.25F));
        }
    }

    std::vector<Tensor> leaves() const {
        const auto& [weight, bias] = branches;
        return {x, a, weight[0], weight[1], weight[2], bias[0], bias[1], bias[2]};
    }
};

/// Column k of a (N, 3) as (N, 1, 1, 1), with its way back: a selection by multiplication would not do if a
/// were not finite, but here it is.
Tensor branch_of(const Tensor& a, std::size_t k) {
    const Tensor column = engine::zeros({kernels::branches, 1});
    column.data()[k] = 1.0F;
    return engine::conv2d(a.reshape({a.size(0), 1, 1, kernels::branches}),
                          column.reshape({1, 1, 1, kernels::branches}));
}

Tensor composition(const Inputs& in, const Case& c) {
    Tensor out;
    for (std::size_t k = 0; k < kernels::branches; ++k) {
        const Tensor z =
            engine::conv2d(in.x, in.branches.weight[k], in.branches.bias[k], c.stride, c.padding);
        const Tensor term = engine::mul(branch_of(in.a, k), engine::relu(z));
        out = out.defined() ? engine::add(out, term) : term;
    }
    return out;
}

Floats values_of(const Tensor& x) { return test::to_vector(x.to(engine::Device::cpu)); }

void check_against_composition(const Case& c, const Inputs& fused, const Inputs& composed) {
    const Tensor out = engine::attention_conv(fused.x, fused.a, fused.branches, {c.stride, c.padding});
    const Tensor expected = composition(composed, c);
    REQUIRE(out.shape() == expected.shape());
    // Winograd's algorithm is within 2e-5 of the typical value (here up to 2.5), see docs/winograd.md.
    test::check_close("out", test::to_vector(out), test::to_vector(expected), {5e-5, 1e-5});

    const Tensor d_out = test::grid_tensor(out.shape(), 3);
    engine::sum(out * d_out).backward();
    engine::sum(expected * d_out).backward();
    const std::vector<std::string> names = {"x", "a", "w1", "w2", "w3", "b1", "b2", "b3"};
    for (std::size_t i = 0; i < names.size(); ++i)
        test::check_close("d_" + names[i], test::gradient_of(fused.leaves()[i]),
                          test::gradient_of(composed.leaves()[i]), {2e-4, 1e-5});
}

}  // namespace

TEST_CASE("attention_conv equals its composition from conv2d, relu, mul and add") {
    for (const Case& c : table) {
        CAPTURE(engine::to_string(c.x));
        CAPTURE(c.stride);
        check_against_composition(c, Inputs(c), Inputs(c));
    }
}

TEST_CASE("a branch that counts for nothing still has a gradient in a") {
    const Case c{{4, 6, 5, 3}, 8};
    const Inputs fused(c), composed(c);
    for (const Tensor& a : {fused.a, composed.a}) {
        for (std::int64_t k = 0; k < kernels::branches; ++k) a.data()[k] = 0.0F;  // all of the first image
        a.data()[kernels::branches + 1] = 0.0F;                                   // one of the second
        a.data()[3 * kernels::branches + 2] = -0.0F;
    }
    check_against_composition(c, fused, composed);
    const Floats d_a = test::gradient_of(fused.a);
    for (std::size_t k = 0; k < kernels::branches; ++k) CHECK(d_a[k] != 0.25F);
}

TEST_CASE("x need not want a gradient, as in the first layer") {
    const Case c{{2, 6, 5, 3}, 4};
    const Inputs with(c), without(c);
    Tensor x = without.x;
    x.drop_grad();
    x.set_requires_grad(false);
    for (const Inputs* in : {&with, &without})
        engine::sum(engine::attention_conv(in->x, in->a, in->branches)).backward();
    CHECK(!x.grad().defined());
    for (std::size_t i = 1; i < with.leaves().size(); ++i)
        test::check_close("gradient " + std::to_string(i), test::gradient_of(without.leaves()[i]),
                          test::gradient_of(with.leaves()[i]), {1e-5, 1e-5});
}

TEST_CASE("with moments: the same result, and batch_norm_max_pool has no need to read it") {
    const Case c{{3, 8, 7, 5}, 9};
    const Inputs here(c);
    const auto on_cpu = engine::attention_conv_with_moments(here.x, here.a, here.branches);
    CHECK(!on_cpu.moments.moments.defined());
    test::check_same_bits("out", test::to_vector(on_cpu.out),
                          test::to_vector(engine::attention_conv(here.x, here.a, here.branches)));
    for (const engine::Device device : test::other_devices()) {
        CAPTURE(kernels::name(device));
        AttentionConvWeights there;
        for (std::size_t k = 0; k < kernels::branches; ++k) {
            there.weight[k] = here.branches.weight[k].to(device);
            there.bias[k] = here.branches.bias[k].to(device);
        }
        const Tensor x = here.x.to(device), a = here.a.to(device);
        const auto [out, moments] = engine::attention_conv_with_moments(x, a, there);
        CHECK(moments.moments.shape() == Shape{3, 2, 9});  // of 168 pixels, 64 at a time
        CHECK(moments.rows_per_part == 64);
        test::check_same_bits("out", values_of(out), values_of(engine::attention_conv(x, a, there)));

        const Tensor weight = engine::full({9}, 1, device), bias = engine::full({9}, 0, device);
        const auto pool = [&](const engine::PartialMoments& of_out) {
            const engine::RunningStatistics running{bias.clone(), weight.clone()};
            const Tensor y =
                engine::batch_norm_max_pool(out, running, weight, bias, true, 0.1F, 1e-5F, of_out);
            return std::vector<Floats>{values_of(y), values_of(running.mean), values_of(running.var)};
        };
        const auto with = pool(moments), without = pool({});
        for (std::size_t k = 0; k < with.size(); ++k)
            test::check_close("result " + std::to_string(k), with[k], without[k], {1e-6, 1e-6});
    }
}

TEST_CASE("an empty batch goes through") {
    for (const std::int64_t in_channels : {3, 16}) {
        const Case c{{0, 8, 8, in_channels}, 4};
        const Inputs in(c);
        const Tensor out = engine::attention_conv(in.x, in.a, in.branches);
        CHECK(out.shape() == Shape{0, 8, 8, 4});
        engine::sum(out).backward();
        CHECK(test::gradient_of(in.branches.bias[0]) == Floats(4, 0.25F));
    }
}
