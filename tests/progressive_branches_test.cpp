#include "engine/progressive_branches.h"

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/nn/attention_conv.h"
#include "engine/nn/sequential.h"
#include "engine/ops/mul.h"
#include "engine/ops/sum.h"
#include "engine/random.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::ProgressiveBranches;
using engine::Tensor;

namespace {

/// Two blocks, one of them within a further module.
struct Net {
    Net() {
        engine::manual_seed(2);
        first = std::make_shared<engine::nn::AttentionConv>(3, 4);
        second = std::make_shared<engine::nn::AttentionConv>(4, 5);
        inner->push_back(second);
        whole.push_back(first);
        whole.push_back(inner);
        for (const auto& conv : {first, second})
            for (float& bias : conv->attention->bias.values()) bias = 0.5F;
    }

    std::shared_ptr<engine::nn::AttentionConv> first, second;
    std::shared_ptr<engine::nn::Sequential> inner = std::make_shared<engine::nn::Sequential>();
    engine::nn::Sequential whole;
};

/// Which branches of the block take part in any image.
std::vector<bool> open(const engine::nn::AttentionConv& conv, const Tensor& x) {
    const Tensor a = conv.attend(x);
    std::vector<bool> result(3);
    for (std::int64_t i = 0; i < a.numel(); ++i)
        if (a.data()[i] != 0) result[static_cast<std::size_t>(i % 3)] = true;
    return result;
}

const std::vector<bool> one{true, false, false}, two{true, true, false}, three{true, true, true};

}  // namespace

TEST_CASE("a number of branches holds from its share of all steps on, in every block of the model") {
    Net net;
    const ProgressiveBranches branches("0:1,0.25:2,0.75:3");
    const Tensor images = test::random_tensor({4, 6, 6, 3}, 1), inner = test::random_tensor({4, 6, 6, 4}, 2);
    const std::vector<std::vector<bool>> expected = {one, two, two, three};
    for (std::int64_t step = 0; step < 4; ++step) {
        CAPTURE(step);
        branches.prepare(net.whole, step, 4);
        CHECK(open(*net.first, images) == expected[static_cast<std::size_t>(step)]);
        CHECK(open(*net.second, inner) == expected[static_cast<std::size_t>(step)]);
    }
}

TEST_CASE("a branch that is left out gets no gradient, and comes back with the weight 1") {
    Net net;
    const Tensor images = test::random_tensor({4, 6, 6, 3}, 1);
    const test::Floats first_row = test::to_vector(net.first->attention->weight);
    ProgressiveBranches("0:1,0.5:3").prepare(net.whole, 0, 2);
    const Tensor out = (*net.first)(images);
    engine::sum(engine::mul(out, out)).backward();
    const test::Floats weight = test::to_vector(net.first->attention->weight),
                       d_weight = test::to_vector(net.first->attention->weight.grad());
    for (std::size_t i = 0; i < 9; ++i) {
        CAPTURE(i);
        CHECK(weight[i] == (i < 3 ? first_row[i] : 0));
        CHECK((d_weight[i] != 0) == (i < 3));
    }
    CHECK(test::to_vector(net.first->attention->bias) == test::Floats{0.5F, 0, 0});
    for (const auto& [conv, gets] :
         {std::pair{net.first->conv1, true}, {net.first->conv2, false}, {net.first->conv3, false}}) {
        bool any = false;
        for (const float d : conv->weight.grad().values()) any = any || d != 0;
        CHECK(any == gets);
    }

    ProgressiveBranches("0:1,0.5:3").prepare(net.whole, 1, 2);
    CHECK(test::to_vector(net.first->attention->weight) == weight);
    CHECK(test::to_vector(net.first->attention->bias) == test::Floats{0.5F, 1, 1});
}

TEST_CASE("a branch that takes part already is left as it is, and so is all without points or between them") {
    Net net;
    const auto state = [&] { return test::values_of(net.whole.state_dict()); };
    const auto before = state();
    ProgressiveBranches("0:1,0.5:3").prepare(net.whole, 1, 2);
    ProgressiveBranches("0:1,0.5:2").prepare(net.whole, 3, 8);
    ProgressiveBranches("0:3").prepare(net.whole, 0, 8);
    ProgressiveBranches().prepare(net.whole, 0, 8);
    ProgressiveBranches("none").prepare(net.whole, 0, 8);
    CHECK(state() == before);
}

TEST_CASE("what is no progressive branches is refused, with how one looks") {
    for (const char* wrong : {"", "1", "one", "0.1:1", "0:1,0:3", "0:3,0.5:1", "0:0", "0:4", "0:1.5", "0:-1",
                              "0:nan", "0:1,", "0:1,1.1:3"}) {
        CAPTURE(wrong);
        CHECK(test::message_of<engine::UsageError>([&] {
                  const ProgressiveBranches branches(wrong);
              }).find("0:1,0.8:3") != std::string::npos);
    }
}
