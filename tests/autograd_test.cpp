#include "engine/autograd.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/attention_conv.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/relu.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::NoGradGuard;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::gradient_of;
using test::holds;
using test::leaf;
using test::message_of;

namespace {

std::size_t bytes_in_use() { return engine::memory_statistics(engine::Device::cpu).in_use; }

/// x, recorded as the result of an op that passes the gradient on, and whose rule holds `saved`.
Tensor identity(const Tensor& x, const std::shared_ptr<int>& saved) {
    return engine::record("identity", x.clone(), {x}, [x, saved](const Tensor& d_out) {
        for (std::size_t i = 0; i < d_out.values().size(); ++i) x.grad_target().data()[i] += d_out.data()[i];
    });
}

}  // namespace

TEST_CASE("a tensor that is used twice gets both gradients") {
    const Tensor x = leaf({3, -2}, {2});
    SUBCASE("x * x") {
        engine::sum(x * x).backward();
        CHECK(gradient_of(x) == Floats{6, -4});
    }
    SUBCASE("x + x") {
        engine::sum(x + x).backward();
        CHECK(gradient_of(x) == Floats{2, 2});
    }
    SUBCASE("x - x") {
        engine::sum(x - x).backward();
        CHECK(gradient_of(x) == Floats{0, 0});
    }
    SUBCASE("x * x * x") {
        engine::sum(x * x * x).backward();
        CHECK(gradient_of(x) == Floats{27, 12});
    }
}

TEST_CASE("a tensor meets itself in another shape: both operands are broadcast") {
    const Tensor x = leaf({1, 2, 4}, {3, 1});
    SUBCASE("the sum of all products is the square of the sum") {
        engine::sum(x * x.reshape({1, 3})).backward();
        CHECK(gradient_of(x) == Floats{14, 14, 14});
    }
    SUBCASE("the sum of all sums holds each element six times") {
        engine::sum(x + x.reshape({1, 3})).backward();
        CHECK(gradient_of(x) == Floats{6, 6, 6});
    }
}

TEST_CASE("where branches meet, an inner node waits for the gradients of all that use it") {
    const Tensor x = leaf({2}, {1});
    SUBCASE("diamond") {
        const Tensor h = x * x;                                  // x^2
        engine::sum(h * (h + x) + h).backward();                 // x^4 + x^3 + x^2
        CHECK(gradient_of(x) == Floats{4 * 8 + 3 * 4 + 2 * 2});  // 4x^3 + 3x^2 + 2x
    }
    SUBCASE("a short and a long way to the same node") {
        const Tensor h = x * 3.0F;
        Tensor way = h;
        for (int i = 0; i < 5; ++i) way = way * 2.0F;
        engine::sum(h + way).backward();
        CHECK(gradient_of(x) == Floats{3 * 33});
        x.drop_grad();
        const Tensor again = x * 3.0F;
        engine::sum(again * 32.0F + again).backward();
        CHECK(gradient_of(x) == Floats{3 * 33});
    }
    SUBCASE("a ladder of 60 diamonds is walked once, not 2^60 times") {
        Tensor h = x;
        for (int i = 0; i < 60; ++i) h = (h + h) * 0.5F;
        engine::sum(h).backward();
        CHECK(gradient_of(x) == Floats{1});
    }
}

TEST_CASE("gradients add up over several backwards until they are zeroed") {
    const Tensor x = leaf({1, 2}, {2});
    engine::sum(x * 3.0F).backward();
    engine::sum(x * x).backward();
    CHECK(gradient_of(x) == Floats{5, 7});
    x.zero_grad();
    engine::sum(x).backward();
    CHECK(gradient_of(x) == Floats{1, 1});
}

TEST_CASE("two graphs on the same leaves do not disturb each other") {
    const Tensor x = leaf({2}, {1});
    const Tensor first = engine::sum(x * x), second = engine::sum(x * 5.0F);
    second.backward();
    CHECK(gradient_of(x) == Floats{5});
    first.backward();
    CHECK(gradient_of(x) == Floats{9});
}

TEST_CASE("a loss of any rank will do, if it has one element") {
    const Tensor x = leaf({3}, {1, 1, 1, 1});
    (x * x).backward();
    CHECK(gradient_of(x) == Floats{6});
}

TEST_CASE("detach cuts the graph: what lies behind it is a constant") {
    const Tensor x = leaf({3}, {1});
    engine::sum(x * x.detach()).backward();
    CHECK(gradient_of(x) == Floats{3});
    CHECK(!(x * x).detach().requires_grad());
}

TEST_CASE("without gradients nothing is recorded") {
    const Tensor x = leaf({1}, {1});
    CHECK(engine::grad_enabled());
    {
        const NoGradGuard outer;
        CHECK(!engine::grad_enabled());
        CHECK(!(x * x).requires_grad());
        CHECK(!x.reshape({}).requires_grad());
        {
            const NoGradGuard inner;
            CHECK(!engine::grad_enabled());
        }
        CHECK(!engine::grad_enabled());  // the inner guard restores what it found
        CHECK(x.requires_grad());
        bool elsewhere = false;
        std::thread([&] { elsewhere = engine::grad_enabled(); }).join();
        CHECK(elsewhere);
    }
    CHECK(engine::grad_enabled());
    CHECK((x * x).requires_grad());
}

TEST_CASE("an exception ends a guard as well") {
    try {
        const NoGradGuard guard;
        throw std::runtime_error("on the way");
    } catch (const std::runtime_error&) {
    }
    CHECK(engine::grad_enabled());
}

TEST_CASE("after a backward, leaves keep their gradients and all others have none") {
    const Tensor x = leaf({1, 2}, {2}), constant = engine::ones({2});
    const Tensor h = x * constant, loss = engine::sum(h);
    loss.backward();
    CHECK(gradient_of(x) == Floats{1, 1});
    CHECK(!h.grad().defined());
    CHECK(!loss.grad().defined());
    CHECK(!constant.grad().defined());
    CHECK(loss.item() == 3.0);
    CHECK(engine::grad_enabled());
}

TEST_CASE("ops whose kernels compute all gradients at once give none to what wants none") {
    const Tensor x = test::random_tensor({2, 4, 4, 3}, 1).set_requires_grad();
    SUBCASE("attention_conv") {
        const Tensor a = engine::ones({2, 3});
        engine::AttentionConvWeights weights;
        for (std::size_t k = 0; k < 3; ++k) {
            weights.weight[k] = test::random_tensor({5, 3, 3, 3}, 2 + k);
            weights.bias[k] = test::random_tensor({5}, 5 + k);
        }
        weights.bias[1].set_requires_grad();
        engine::sum(engine::attention_conv(x, a, weights)).backward();
        CHECK(x.grad().defined());
        CHECK(weights.bias[1].grad().defined());
        CHECK(!a.grad().defined());
        for (const Tensor& weight : weights.weight) CHECK(!weight.grad().defined());
        CHECK(!weights.bias[0].grad().defined());
    }
    SUBCASE("batch_norm") {
        const Tensor weight = engine::ones({3}), bias = engine::zeros({3});
        engine::sum(engine::batch_norm(x, {engine::zeros({3}), engine::ones({3})}, weight, bias, true))
            .backward();
        CHECK(x.grad().defined());
        CHECK(!weight.grad().defined());
        CHECK(!bias.grad().defined());
    }
}

TEST_CASE("dense_target: memory as it is, and whether it holds a gradient to add to") {
    CHECK(engine::dense_target({}).data == nullptr);
    CHECK(engine::dense_target(engine::ones({2})).data == nullptr);

    const Tensor x = leaf({1, 2}, {2});
    const engine::DenseTarget fresh = engine::dense_target(x);
    CHECK(!fresh.holds_gradient);
    fresh.data[0] = 3.0F;
    fresh.data[1] = 4.0F;
    CHECK(gradient_of(x) == Floats{3, 4});
    const engine::DenseTarget again = engine::dense_target(x);
    CHECK(again.holds_gradient);
    CHECK(again.data == fresh.data);
    CHECK(gradient_of(x) == Floats{3, 4});
    x.drop_grad();
    CHECK(!engine::dense_target(x).holds_gradient);
}

TEST_CASE("backward frees the graph and what the forward saved, even while the loss lives") {
    const Tensor x = engine::ones({100, 100}).set_requires_grad();
    x.grad_target();
    const std::size_t before = bytes_in_use();
    const Tensor loss = engine::sum(engine::relu(x * x) * x);
    CHECK(bytes_in_use() >= before + 3 * sizeof(float) * 10'000);
    loss.backward();
    CHECK(bytes_in_use() < before + sizeof(float) * 10'000);

    auto saved = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = saved;
    const Tensor h = identity(x, saved);
    saved.reset();
    CHECK(!watch.expired());
    engine::sum(h).backward();
    CHECK(watch.expired());
}

TEST_CASE("a graph that is never walked back dies with its last handle") {
    const Tensor x = engine::ones({1000}).set_requires_grad();
    const std::size_t before = bytes_in_use();
    auto saved = std::make_shared<int>(1);
    {
        const Tensor loss = engine::sum(identity(engine::relu(x * x) + x, saved));
        CHECK(saved.use_count() == 2);
    }
    CHECK(saved.use_count() == 1);
    CHECK(bytes_in_use() == before);
}

TEST_CASE("backward in vain says why") {
    const Tensor x = leaf({1, 2}, {2}), scalar = leaf({1}, {});
    CHECK(holds(message_of<UsageError>([&] { (x * x).backward(); }), "(2)", "in Tensor::backward", "sum()"));
    CHECK(holds(message_of<UsageError>([&] { scalar.backward(); }), "no gradient flows",
                "in Tensor::backward", "requires_grad"));
    CHECK_THROWS_AS(engine::sum(engine::ones({2})).backward(), UsageError);
    const Tensor unrecorded = [&] {
        const NoGradGuard guard;
        return engine::sum(x);
    }();
    CHECK(holds(message_of<UsageError>([&] { unrecorded.backward(); }), "NoGradGuard"));
    CHECK(!x.grad().defined());
    CHECK(!scalar.grad().defined());
}

TEST_CASE("a graph serves one backward") {
    const Tensor x = leaf({2}, {1});
    const Tensor h = x * x, loss = engine::sum(h), other_loss = engine::sum(h * 3.0F);
    loss.backward();
    SUBCASE("a second one from the same loss") {
        CHECK(holds(message_of<UsageError>([&] { loss.backward(); }), "'sum'", "a second time",
                    "run the forward again"));
    }
    SUBCASE("one through a part that it shares") {
        CHECK(holds(message_of<UsageError>([&] { other_loss.backward(); }), "'mul'", "a second time"));
    }
    SUBCASE("one through a part that is used again afterwards") {
        CHECK_THROWS_AS(engine::sum(h + x).backward(), UsageError);
    }
    CHECK(gradient_of(x) == Floats{4});  // nothing was added before the error
    CHECK(!other_loss.grad().defined());
}

TEST_CASE("an absent operand needs no gradient") {
    const Tensor x = test::grid_tensor({1, 3, 3, 1}, 1).set_requires_grad();
    engine::sum(engine::conv2d(x, engine::full({1, 1, 1, 1}, 2.0F))).backward();
    CHECK(gradient_of(x) == Floats(9, 2.0F));
}

TEST_CASE("chains may be longer than the call stack is deep") {
    constexpr int length = 200'000;
    const Tensor x = leaf({1}, {1});
    const auto chain = [&] {
        Tensor h = x;
        for (int i = 0; i < length; ++i) h = h + x;
        return h;
    };
    SUBCASE("walked back") {
        engine::sum(chain()).backward();
        CHECK(gradient_of(x) == Floats{length + 1});
    }
    SUBCASE("destroyed unused") {
        const std::size_t before = bytes_in_use();
        CHECK(chain().item() == length + 1);
        CHECK(bytes_in_use() == before);
    }
    SUBCASE("destroyed when two chains end in one node") {
        CHECK((chain() * chain()).requires_grad());
        CHECK(!x.grad().defined());
    }
}

TEST_CASE("the recorded graph can be walked without being changed") {
    const Tensor x = leaf({3, -2}, {2}), constant = engine::tensor({1.0F, 2.0F}, {2});
    const Tensor product = x * constant, loss = engine::sum(product + product);
    const auto ops = [&] {
        std::vector<std::string> names;
        for (const Tensor& result : engine::topological_order(loss)) names.emplace_back(result.node()->op);
        return names;
    };
    CHECK(ops() == std::vector<std::string>{"mul", "add", "sum"});
    CHECK(engine::topological_order(loss).front().is(product));
    CHECK(engine::topological_order(loss).back().is(loss));
    CHECK(product.node()->inputs[0].is(x));
    CHECK(engine::topological_order(x).empty());
    loss.backward();
    CHECK(gradient_of(x) == Floats{2, 4});
    CHECK(ops() == std::vector<std::string>{"sum"});
}
