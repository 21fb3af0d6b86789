#include "models/initialise.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/relu.h"
#include "engine/random.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Shape;
using engine::Tensor;
using models::AttentionNet;
using models::Block;

namespace {

Block& block_of(AttentionNet& net, std::size_t index) {
    return static_cast<Block&>(*net.backbone->named_children()[index].second);
}

/// Images whose neighbouring pixels and channels are alike, as those of real images are.
Tensor smooth_images(const Shape& shape) {
    const Tensor noise = test::random_tensor(shape, 1), images = engine::empty(shape);
    float before = 0;
    for (std::int64_t i = 0; i < images.numel(); ++i)
        images.data()[i] = before = 0.7F * before + noise.data()[i];
    return images;
}

/// Names of those parameters that differ.
std::vector<std::string> changed(const AttentionNet& a, const AttentionNet& b) {
    std::vector<std::string> names;
    const auto in_a = a.named_parameters(), in_b = b.named_parameters();
    for (std::size_t i = 0; i < in_a.size(); ++i)
        if (test::to_vector(in_a[i].second) != test::to_vector(in_b[i].second))
            names.push_back(in_a[i].first);
    return names;
}

models::AttentionNetOptions seeded(const models::AttentionNetOptions& options) {
    engine::manual_seed(1);
    return options;
}

/// Two networks of the same random numbers.
struct Pair {
    explicit Pair(const models::AttentionNetOptions& options)
        : before(seeded(options)), net(seeded(options)) {}
    AttentionNet before, net;
};

}  // namespace

TEST_CASE("open attention: every image gives every branch the weight 1") {
    AttentionNet net({.widths = {4, 6}, .blocks = {1, 2}, .residual = true});
    models::open_attention(net);
    const Tensor x = test::random_tensor({5, 8, 8, 3}, 1);
    for (const float a : block_of(net, 0).attend(x).values()) CHECK(a == 1.0F);
    for (const float a : block_of(net, 2).attend(test::random_tensor({2, 4, 4, 6}, 1)).values())
        CHECK(a == 1.0F);
}

TEST_CASE("dirac: the input's positive and negative parts go through") {
    Pair pair({.widths = {6, 8, 20}, .blocks = {1, 2, 1}, .residual = true});
    models::dirac(pair.net);
    CHECK(changed(pair.net, pair.before) ==
          std::vector<std::string>{"backbone.0.conv1.weight", "backbone.0.conv1.bias",
                                   "backbone.1.conv1.weight", "backbone.1.conv1.bias",
                                   "backbone.3.conv1.weight", "backbone.3.conv1.bias"});
    const Block& last = block_of(pair.net, 3);  // 20 filters on 8 channels
    const Tensor x = test::random_tensor({2, 5, 4, 8}, 1);
    const Tensor out = engine::relu(engine::conv2d(x, last.conv1->weight, last.conv1->bias, 1, 1));
    for (std::int64_t pixel = 0; pixel < 2 * 5 * 4; ++pixel)
        for (std::int64_t c = 0; c < 8; ++c) {
            const float value = x.data()[pixel * 8 + c];
            CHECK(out.data()[pixel * 20 + c] == std::max(value, 0.0F));
            CHECK(out.data()[pixel * 20 + 8 + c] == std::max(-value, 0.0F));
        }
    // 8 filters on 6 channels: six, and the negatives of two.
    const Tensor narrow = block_of(pair.net, 1).conv1->weight;
    CHECK(narrow.data()[(7 * 9 + 4) * 6 + 1] == -1.0F);
}

TEST_CASE("whitening: the filters' outputs are uncorrelated and of variance 1") {
    const Tensor images = smooth_images({40, 10, 12, 3});
    Pair pair({.widths = {60}, .hidden = 4});
    models::whiten(pair.net, images);
    CHECK(changed(pair.net, pair.before) ==
          std::vector<std::string>{"backbone.0.conv1.weight", "backbone.0.conv1.bias"});
    const auto& conv = *block_of(pair.net, 0).conv1;
    const engine::NoGradGuard no_grad;
    const Tensor out = engine::conv2d(images, conv.weight, conv.bias, 1, 0);
    const std::int64_t pixels = out.numel() / 60;
    for (std::int64_t f = 0; f < 27; ++f) {
        for (std::int64_t g = 0; g <= f; ++g) {
            double sum = 0;
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
                sum += double(out.data()[pixel * 60 + f]) * double(out.data()[pixel * 60 + g]);
            // The variances here are large beside the 5e-4 that is added to them.
            CHECK(sum / double(pixels) == doctest::Approx(f == g ? 1.0 : 0.0).epsilon(0.02));
        }
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
            CHECK(out.data()[pixel * 60 + 27 + f] == -out.data()[pixel * 60 + f]);
    }
    // The others are as they were.
    const auto rest = [](const AttentionNet& net) {
        const auto values = test::to_vector(net.named_parameters()[2].second);
        return test::Floats(values.begin() + std::ptrdiff_t{54} * 27, values.end());
    };
    CHECK(pair.net.named_parameters()[2].first == "backbone.0.conv1.weight");
    CHECK(rest(pair.net) == rest(pair.before));
}

TEST_CASE("whitening refuses images that do not fit") {
    AttentionNet net({.widths = {4}});
    for (const Shape& shape : {Shape{2, 8, 8, 1}, Shape{0, 8, 8, 3}, Shape{2, 2, 8, 3}, Shape{8, 8, 3}})
        CHECK(test::holds(
            test::message_of<engine::UsageError>([&] { models::whiten(net, engine::zeros(shape)); }),
            "in whiten", "(H, W, 3)"));
    models::whiten(net, engine::zeros({1, 3, 3, 3}));  // constant images have no variance
    for (const float value : block_of(net, 0).conv1->weight.values()) CHECK(std::isfinite(value));
}
