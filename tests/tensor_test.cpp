#include "engine/tensor.h"

#include <cmath>
#include <cstdint>
#include <memory>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/ops/arithmetic.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::DType;
using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using test::Floats;
using test::holds;
using test::Labels;
using test::leaf;
using test::message_of;
using test::to_vector;

TEST_CASE("factories give the shape, type and values asked for") {
    CHECK(engine::empty({2, 3}).shape() == Shape{2, 3});
    CHECK(engine::empty({2, 3}).dtype() == DType::float32);
    CHECK(to_vector(engine::full({2, 2}, 1.5F)) == Floats{1.5F, 1.5F, 1.5F, 1.5F});
    CHECK(to_vector(engine::ones({3})) == Floats{1, 1, 1});
    CHECK(to_vector(engine::tensor(Floats{1, 2, 3, 4}, {2, 2})) == Floats{1, 2, 3, 4});
    CHECK(to_vector(engine::tensor({1, 2.5F}, {2})) == Floats{1, 2.5F});
    CHECK(engine::tensor(Labels{7, -8}, {2}).values<std::int64_t>()[1] == -8);

    // Recycled memory is not zero by itself.
    engine::full({5}, NAN);
    CHECK(to_vector(engine::zeros({5})) == Floats(5, 0.0F));
    const Tensor bytes = engine::zeros({3}, DType::uint8);
    CHECK(bytes.dtype() == DType::uint8);
    for (const std::uint8_t value : bytes.values<std::uint8_t>()) CHECK(value == 0);
}

TEST_CASE(
    "a tensor on memory of others reads and writes there, and keeps it until the last of its views is gone") {
    const auto memory = std::make_shared<Floats>(Floats{0, 1, 2, 3, 4});
    Tensor view;
    {
        const Tensor x = engine::from_memory(memory->data() + 1, {2, 2}, DType::float32, memory);
        CHECK(memory.use_count() == 2);
        CHECK(x.data() == memory->data() + 1);
        CHECK(to_vector(x + x) == Floats{2, 4, 6, 8});
        view = x.reshape({4});
    }
    CHECK(memory.use_count() == 2);
    view.values()[3] = 9;
    CHECK(memory->back() == 9);
    view = Tensor();
    CHECK(memory.use_count() == 1);

    char* const odd = reinterpret_cast<char*>(memory->data()) + 1;
    CHECK(holds(message_of<UsageError>([&] { engine::from_memory(odd, {2}, DType::float32, memory); }),
                "float32", "multiple of 4", "copy"));
    CHECK(engine::from_memory(odd, {2}, DType::uint8, memory).numel() == 2);
}

TEST_CASE("a scalar has one element, an empty tensor none") {
    CHECK(engine::ones({}).numel() == 1);
    CHECK(engine::ones({4, 0}).values().empty());
    CHECK(engine::tensor(Floats{}, {0}).numel() == 0);
}

TEST_CASE("values and shape have to agree") {
    const std::string message = message_of<UsageError>([] { engine::tensor(Floats{1, 2, 3}, {2, 2}); });
    CHECK(holds(message, "3 values", "(2, 2)", "in engine::tensor", "one value per element"));
    CHECK_THROWS_AS(engine::tensor(Labels{}, {}), UsageError);
}

TEST_CASE("memory is aligned for SIMD") {
    for (const std::int64_t size : {1, 3, 100, 1000})
        CHECK(reinterpret_cast<std::uintptr_t>(engine::empty({size}).data()) % 64 == 0);
}

TEST_CASE("handles share one tensor") {
    const Tensor x = engine::zeros({2});
    Tensor y = x;
    y.data()[1] = 4.0F;
    CHECK(x.data()[1] == 4.0F);
    CHECK(x.is(y));
    CHECK(x.id() == y.id());
    y.set_requires_grad();
    CHECK(x.requires_grad());
    CHECK(!x.is(engine::zeros({2})));
}

TEST_CASE("a default tensor is none: every use of it says so") {
    const Tensor none;
    CHECK(!none.defined());
    CHECK(!none.requires_grad());
    CHECK(engine::zeros({}).defined());
    CHECK(holds(message_of<UsageError>([&] { static_cast<void>(none.shape()); }), "undefined", "in Tensor",
                "assign"));
    CHECK_THROWS_AS(none.data(), UsageError);
    CHECK_THROWS_AS(none.clone(), UsageError);
    CHECK_THROWS_AS(none.grad(), UsageError);
    CHECK_THROWS_AS(none.backward(), UsageError);
}

TEST_CASE("elements are handed out as what they are") {
    const Tensor labels = engine::tensor(Labels{1}, {1});
    CHECK(holds(message_of<UsageError>([&] { labels.data(); }), "float32", "int64", "in Tensor::data"));
    CHECK_THROWS_AS(labels.data<std::uint8_t>(), UsageError);
    CHECK_THROWS_AS(engine::ones({1}).data<std::int64_t>(), UsageError);
    CHECK(std::string(engine::name(DType::uint8)) == "uint8");
    CHECK(engine::size_of(DType::float32) == 4);
    CHECK(engine::size_of(DType::int64) == 8);
    CHECK(engine::size_of(DType::uint8) == 1);
}

TEST_CASE("item() reads the one element, of any type") {
    CHECK(engine::full({}, 2.5F).item() == 2.5);
    CHECK(engine::full({1, 1}, -1.0F).item() == -1.0);
    CHECK(engine::tensor(Labels{1LL << 40}, {}).item() == 1099511627776.0);
    const Tensor byte = engine::zeros({}, DType::uint8);
    *byte.data<std::uint8_t>() = 255;
    CHECK(byte.item() == 255.0);
    CHECK(holds(message_of<UsageError>([] { engine::ones({2}).item(); }), "(2)", "in Tensor::item"));
    CHECK_THROWS_AS(engine::ones({0}).item(), UsageError);
}

TEST_CASE("reshape keeps the elements and shares them") {
    const Tensor x = engine::tensor(Floats{1, 2, 3, 4, 5, 6}, {2, 3});
    const Tensor y = x.reshape({3, 2});
    CHECK(y.shape() == Shape{3, 2});
    CHECK(to_vector(y) == to_vector(x));
    y.data()[0] = 9.0F;
    CHECK(x.data()[0] == 9.0F);
    CHECK(engine::ones({1, 1}).reshape({}).shape() == Shape{});
    CHECK(engine::tensor(Labels{1, 2}, {2}).reshape({2, 1}).dtype() == DType::int64);
}

TEST_CASE("reshape infers an extent of -1") {
    const Tensor x = engine::zeros({2, 3, 4});
    CHECK(x.reshape({-1}).shape() == Shape{24});
    CHECK(x.reshape({2, -1}).shape() == Shape{2, 12});
    CHECK(x.reshape({-1, 4, 6}).shape() == Shape{1, 4, 6});
    CHECK(engine::zeros({0, 3}).reshape({-1, 3}).shape() == Shape{0, 3});
}

TEST_CASE("reshape refuses what does not fit, and shows what was asked") {
    const Tensor x = engine::zeros({2, 3});
    struct Case {
        std::vector<std::int64_t> asked;
        std::string shown;
    };
    for (const auto& [asked, shown] : std::vector<Case>{{{5}, "(5)"},
                                                        {{4, -1}, "(4, -1)"},
                                                        {{-1, -1}, "(-1, -1)"},
                                                        {{0, -1}, "(0, -1)"},
                                                        {{}, "()"},
                                                        {{2, 3, 2}, "(2, 3, 2)"}}) {
        CAPTURE(shown);
        CHECK(holds(message_of<UsageError>([&, extents = asked] { x.reshape(extents); }), shown, "(2, 3)",
                    "in Tensor::reshape", "at most one -1"));
    }
    CHECK_THROWS_AS(x.reshape({-2, -3}), UsageError);
    CHECK_THROWS_AS(x.reshape({1, 1, 1, 2, 3}), UsageError);
    CHECK_THROWS_AS(engine::zeros({0}).reshape({0, -1}), UsageError);
}

TEST_CASE("reshape passes gradients back in their own shape") {
    const Tensor x = leaf({1, 2, 3, 4}, {2, 2});
    const Tensor weights = engine::tensor(Floats{10, 20, 30, 40}, {4});
    engine::sum(x.reshape({-1}) * weights).backward();
    CHECK(x.grad().shape() == Shape{2, 2});
    CHECK(test::gradient_of(x) == Floats{10, 20, 30, 40});
}

TEST_CASE("detach shares the elements and leaves the graph, clone copies them") {
    const Tensor x = leaf({1, 2}, {2});
    const Tensor y = x * x;
    for (const Tensor& apart : {y.detach(), y.clone(), x.detach(), x.clone()}) {
        CHECK(!apart.requires_grad());
        CHECK(apart.is_leaf());
    }
    x.detach().data()[0] = 7.0F;
    CHECK(x.data()[0] == 7.0F);
    x.clone().data()[0] = 8.0F;
    CHECK(x.data()[0] == 7.0F);
    CHECK(engine::tensor(Labels{5}, {}).clone().item() == 5.0);
}

TEST_CASE("copy_ overwrites with a tensor of the same shape and type") {
    const Tensor x = engine::full({2, 2}, NAN);
    x.copy_(engine::tensor(Floats{1, 2, 3, 4}, {2, 2}));
    CHECK(to_vector(x) == Floats{1, 2, 3, 4});
    CHECK(holds(message_of<UsageError>([&] { x.copy_(engine::zeros({4})); }), "(4)", "(2, 2)",
                "in Tensor::copy_"));
    CHECK(holds(message_of<UsageError>([&] {
                    x.copy_(engine::zeros({2, 2}, DType::int64));
                }),
                "int64", "float32"));
    CHECK(to_vector(x) == Floats{1, 2, 3, 4});
    x.zero_();
    CHECK(to_vector(x) == Floats{0, 0, 0, 0});
}

TEST_CASE("requires_grad is for float32 leaves") {
    Tensor x = engine::ones({2});
    CHECK(!x.requires_grad());
    CHECK(x.set_requires_grad().is(x));
    CHECK(x.is_leaf());
    Tensor y = x * x;
    CHECK(y.requires_grad());
    CHECK(!y.is_leaf());
    CHECK(holds(message_of<UsageError>([&] { y.set_requires_grad(false); }), "'mul'", "detach()"));
    CHECK(!x.set_requires_grad(false).requires_grad());
    CHECK(!(x * x).requires_grad());

    Tensor labels = engine::zeros({2}, DType::int64);
    CHECK(holds(message_of<UsageError>([&] { labels.set_requires_grad(); }), "int64",
                "in Tensor::set_requires_grad", "only float32"));
    CHECK(!labels.requires_grad());
}

TEST_CASE("memory may be set aside for a gradient that is not there yet") {
    const Tensor x = leaf({1, 2}, {2});
    engine::full({2}, NAN);  // whose memory is likely to be recycled
    x.reserve_grad();
    CHECK(!x.grad().defined());
    x.zero_grad();
    CHECK(!x.grad().defined());
    const std::size_t before = engine::memory_statistics(engine::Device::cpu).in_use;
    CHECK(to_vector(x.grad_target()) == Floats{0, 0});
    CHECK(engine::memory_statistics(engine::Device::cpu).in_use == before);
    x.grad_target().data()[0] = 5.0F;
    x.reserve_grad();
    CHECK(test::gradient_of(x) == Floats{5, 0});
    x.drop_grad();
    CHECK(!x.grad().defined());
    CHECK(to_vector(x.grad_target()) == Floats{0, 0});
}

TEST_CASE("a gradient begins at zero, begins anew in the same memory, and can be dropped") {
    const Tensor x = leaf({1, 2}, {2});
    CHECK(!x.grad().defined());
    x.zero_grad();
    CHECK(!x.grad().defined());
    const float* memory = x.grad_target().data();
    CHECK(test::gradient_of(x) == Floats{0, 0});
    x.grad_target().data()[1] = 3.0F;
    CHECK(test::gradient_of(x) == Floats{0, 3});
    x.zero_grad();
    CHECK(!x.grad().defined());
    CHECK(to_vector(x.grad_target()) == Floats{0, 0});
    CHECK(x.grad().data() == memory);
    x.drop_grad();
    CHECK(!x.grad().defined());
}
