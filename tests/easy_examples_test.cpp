#include "data/easy_examples.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "tests/support/tensors.h"

using data::EasyExamples;
using engine::UsageError;
using Order = std::vector<std::int64_t>;

namespace {

Order identity(std::int64_t size) {
    Order order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

/// Example i has the loss 10 - i: the last ones are easy.
EasyExamples ten_examples(double share) {
    EasyExamples easy(10, share);
    easy.set_losses(identity(10), test::Floats{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
    easy.begin_epoch();
    return easy;
}

Order kept(const EasyExamples& easy, Order order, std::int64_t epoch) {
    easy.remove_from(order, epoch);
    return order;
}

}  // namespace

TEST_CASE("every other one of the easiest is left out, and the others keep their order") {
    const EasyExamples easy = ten_examples(0.2);
    CHECK(easy.left_out() == 2);
    const Order order = {9, 0, 5, 6, 1, 7, 8, 2, 3, 4};  // easy are 9, 6, 7, 8
    CHECK(kept(easy, order, 0) == Order{0, 5, 6, 1, 8, 2, 3, 4});
    CHECK(kept(easy, order, 1) == Order{9, 0, 5, 1, 7, 2, 3, 4});
    CHECK(kept(ten_examples(0.5), identity(10), 0) == Order{1, 3, 5, 7, 9});
}

TEST_CASE("no share leaves out none, and a share of less than one example does neither") {
    for (const double share : {0.0, 0.09}) {
        const EasyExamples easy = ten_examples(share);
        CHECK(easy.left_out() == 0);
        CHECK(kept(easy, identity(10), 0) == identity(10));
        CHECK_FALSE(easy.state().defined());
    }
}

TEST_CASE("what was never trained on is hard; what is learnt in an epoch counts from the next one on") {
    EasyExamples easy(6, 0.34);
    CHECK(easy.left_out() == 2);
    easy.begin_epoch();
    CHECK(kept(easy, {5, 4, 3, 2, 1, 0}, 0) == Order{4, 2, 1, 0});
    easy.set_losses(Order{0, 1, 4, 2}, test::Floats{1, 2, 4, 3});
    CHECK(kept(easy, {5, 4, 3, 2, 1, 0}, 0) == Order{4, 2, 1, 0});
    easy.begin_epoch();
    CHECK(kept(easy, {5, 4, 3, 2, 1, 0}, 0) == Order{5, 3, 2, 0});
}

TEST_CASE("over some epochs of chance orders every example is seen") {
    const EasyExamples easy = ten_examples(0.4);
    std::set<std::int64_t> seen;
    Order order = identity(10);
    for (int epoch = 0; epoch < 8; ++epoch) {
        for (const std::int64_t example : kept(easy, order, epoch)) seen.insert(example);
        std::next_permutation(order.begin(), order.end());
    }
    CHECK(seen.size() == 10);
}

TEST_CASE("a state saved in the middle of an epoch goes on with it") {
    EasyExamples easy = ten_examples(0.3);
    easy.set_losses(Order{0, 1, 2}, test::Floats{0, 0, 0});
    EasyExamples resumed(10, 0.3);
    resumed.load_state(easy.state());
    for (int epoch = 0; epoch < 2; ++epoch) {
        CHECK(kept(resumed, identity(10), epoch) == kept(easy, identity(10), epoch));
        easy.begin_epoch();
        resumed.begin_epoch();
    }
    CHECK(kept(resumed, identity(10), 0) == Order{1, 3, 4, 5, 6, 7, 9});
}

TEST_CASE("shares and states that make no sense are refused") {
    for (const double share : {-0.1, 0.51, std::nan("")})
        CHECK_THROWS_AS(EasyExamples(10, share), UsageError);
    EasyExamples easy = ten_examples(0.2), none(10, 0);
    const engine::Tensor good = easy.state(), bad = good.clone();
    bad.data()[3] = std::nanf("");
    for (const engine::Tensor& state :
         {engine::Tensor(), engine::zeros({2, 9}), engine::zeros({2, 10}, engine::DType::int64), bad})
        CHECK_THROWS_AS(easy.load_state(state), UsageError);
    CHECK_THROWS_AS(none.load_state(good), UsageError);
    CHECK(test::to_vector(easy.state()) == test::to_vector(good));
}
