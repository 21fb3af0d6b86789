#include "data/transforms.h"

#include <set>
#include <utility>

#include <doctest/doctest.h>

#include "data/augmentation.h"
#include "data/cifar10.h"
#include "engine/error.h"
#include "support/message_of.h"

using data::Draws;
using engine::Tensor;
using engine::UsageError;

namespace {

Tensor values(const std::vector<float>& all, const engine::Shape& shape) {
    return engine::tensor(all, shape);
}

/// Element i is i + 1, so that no pixel looks like padding.
Tensor counting_image(std::int64_t height, std::int64_t width, std::int64_t channels) {
    const Tensor image = engine::empty({height, width, channels});
    for (std::int64_t i = 0; i < image.numel(); ++i) image.data()[i] = static_cast<float>(i + 1);
    return image;
}

bool equal(const Tensor& x, const Tensor& y) {
    return x.shape() == y.shape() && std::equal(x.values().begin(), x.values().end(), y.values().begin());
}

/// The crop's definition: pixel (y + top, x + left) of the image, and 0 outside.
Tensor cropped(const Tensor& image, std::int64_t size, std::int64_t top, std::int64_t left) {
    const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
    const Tensor out = engine::zeros({size, size, channels});
    for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x)
            for (std::int64_t c = 0; c < channels; ++c)
                if (y + top >= 0 && y + top < height && x + left >= 0 && x + left < width)
                    out.data()[(y * size + x) * channels + c] =
                        image.data()[((y + top) * width + x + left) * channels + c];
    return out;
}

}  // namespace

TEST_CASE("draws depend on seed, epoch, example and place, and on nothing else") {
    Draws first(7, 3, 42), again(7, 3, 42);
    std::set<float> seen;
    for (int i = 0; i < 10; ++i) {
        const float drawn = first.uniform();
        CHECK(drawn == again.uniform());
        CHECK(drawn >= 0.0F);
        CHECK(drawn < 1.0F);
        seen.insert(drawn);
    }
    seen.insert(Draws(8, 3, 42).uniform());
    seen.insert(Draws(7, 4, 42).uniform());
    seen.insert(Draws(7, 3, 43).uniform());
    CHECK(seen.size() == 13);
}

TEST_CASE("the loader's streams are not those that layers count up") {
    using data::loader_stream, data::Purpose;
    const std::uint64_t shuffle = loader_stream(1, Purpose::shuffle, 5).stream;
    const std::uint64_t augmentation = loader_stream(1, Purpose::augmentation, 5).stream;
    CHECK(shuffle != augmentation);
    CHECK((shuffle >> 63) == 1);
    CHECK((augmentation >> 63) == 1);
}

TEST_CASE("a random crop is one of the crops of the padded image, and all of them come") {
    struct Case {
        std::int64_t height, width, channels, size, padding;
    };
    for (const auto& [height, width, channels, size, padding] :
         {Case{4, 4, 3, 4, 1}, Case{3, 5, 1, 2, 0}, Case{2, 2, 2, 3, 4}, Case{5, 3, 3, 3, 1}}) {
        CAPTURE(height);
        CAPTURE(size);
        CAPTURE(padding);
        const Tensor image = counting_image(height, width, channels);
        const data::RandomCrop crop(size, padding);
        std::set<std::pair<std::int64_t, std::int64_t>> seen;
        for (std::int64_t example = 0; example < 2000; ++example) {
            Draws draws(1, 0, example), same(1, 0, example);
            const Tensor out = crop.apply(image, draws);
            const std::int64_t top = same.below(height + 2 * padding - size + 1) - padding;
            const std::int64_t left = same.below(width + 2 * padding - size + 1) - padding;
            REQUIRE(equal(out, cropped(image, size, top, left)));
            CHECK(draws.uniform() == same.uniform());
            seen.emplace(top, left);
        }
        CHECK(seen.size() ==
              static_cast<std::size_t>((height + 2 * padding - size + 1) * (width + 2 * padding - size + 1)));
        CHECK(seen.contains({-padding, -padding}));
        CHECK(seen.contains({height + padding - size, width + padding - size}));
    }
}

TEST_CASE("a crop larger than the padded image is refused") {
    Draws draws(0, 0, 0);
    const data::RandomCrop crop(5, 1);
    CHECK_THROWS_AS(crop.apply(counting_image(2, 8, 3), draws), UsageError);
    CHECK_THROWS_AS(data::RandomCrop(0, 1), UsageError);
    CHECK_THROWS_AS(data::RandomCrop(4, -1), UsageError);
    CHECK_THROWS_AS(crop.apply(engine::zeros({4, 4}), draws), UsageError);
}

TEST_CASE("a flip mirrors columns about as often as asked, and leaves its argument alone") {
    const Tensor image = counting_image(2, 3, 2);
    const Tensor mirrored = values({5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}, {2, 3, 2});
    const data::RandomHorizontalFlip flip;
    int flips = 0;
    for (std::int64_t example = 0; example < 1000; ++example) {
        Draws draws(3, 0, example);
        const Tensor out = flip.apply(image, draws);
        const bool flipped = equal(out, mirrored);
        CHECK((flipped || equal(out, image)));
        flips += flipped;
    }
    CHECK(flips > 430);
    CHECK(flips < 570);
    CHECK(equal(image, counting_image(2, 3, 2)));

    Draws draws(3, 0, 0);
    CHECK(equal(data::RandomHorizontalFlip(1.0F).apply(image, draws), mirrored));
    CHECK(equal(data::RandomHorizontalFlip(0.0F).apply(image, draws), image));
    CHECK_THROWS_AS(data::RandomHorizontalFlip(1.5F), UsageError);
}

TEST_CASE("normalize works on each channel and on a copy") {
    Draws draws(0, 0, 0);
    const Tensor image = values({1, 2, 3, 4}, {1, 2, 2});
    const Tensor out = data::Normalize({1, 2}, {2, 4}).apply(image, draws);
    CHECK(equal(out, values({0, 0, 1, 0.5F}, {1, 2, 2})));
    CHECK(image.data()[2] == 3.0F);
    CHECK_THROWS_AS(data::Normalize({1, 2, 3}, {1, 1, 1}).apply(image, draws), UsageError);
    CHECK_THROWS_AS(data::Normalize({1, 2}, {1}), UsageError);
    CHECK_THROWS_AS(data::Normalize({1}, {0}), UsageError);
}

TEST_CASE("the training pipeline crops, flips and then normalizes, in this order") {
    const Tensor image = counting_image(32, 32, 3);
    const auto pipeline = data::cifar10_transform({"crop", "flip"});
    const data::RandomCrop crop(32, 4);
    const data::RandomHorizontalFlip flip;
    const auto normalize = data::cifar10_transform({});
    for (std::int64_t example = 0; example < 20; ++example) {
        Draws draws(1, 2, example), same(1, 2, example);
        const Tensor expected = normalize->apply(flip.apply(crop.apply(image, same), same), same);
        CHECK(equal(pipeline->apply(image, draws), expected));
    }

    Draws draws(0, 0, 0);
    const Tensor black = normalize->apply(engine::zeros({32, 32, 3}), draws);
    for (std::size_t c = 0; c < 3; ++c)
        CHECK(black.data()[c] == -data::cifar10_mean[c] / data::cifar10_std[c]);
}

TEST_CASE("an unknown augmentation is named, beside those that are known") {
    const std::string message = test::message_of<UsageError>([] {
        data::cifar10_transform({"crop", "rotate"});
    });
    CHECK(test::holds(message, "'rotate'", "crop flip"));
}
