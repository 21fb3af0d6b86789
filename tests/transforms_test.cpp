#include "data/transforms.h"

#include <algorithm>
#include <set>
#include <utility>

#include <doctest/doctest.h>

#include "data/augmentation.h"
#include "data/cifar10.h"
#include "engine/error.h"
#include "tests/support/message_of.h"

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

/// The image after one step of the augmentation.
Tensor applied(const data::Augmentation& augmentation, const Tensor& image, Draws& draws,
               const std::vector<float>& mean = {}) {
    return data::changed(image, augmentation.draw(image.shape(), draws), mean);
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
            const Tensor out = applied(crop, image, draws);
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
    CHECK_THROWS_AS(crop.draw({2, 8, 3}, draws), UsageError);
    CHECK_THROWS_AS(data::RandomCrop(0, 1), UsageError);
    CHECK_THROWS_AS(data::RandomCrop(4, -1), UsageError);
    CHECK_THROWS_AS(crop.draw({4, 4}, draws), UsageError);
}

TEST_CASE("a flip mirrors columns about as often as asked, and leaves its argument alone") {
    const Tensor image = counting_image(2, 3, 2);
    const Tensor mirrored = values({5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}, {2, 3, 2});
    const data::RandomHorizontalFlip flip;
    int flips = 0;
    for (std::int64_t example = 0; example < 1000; ++example) {
        Draws draws(3, 0, example);
        const Tensor out = applied(flip, image, draws);
        const bool flipped = equal(out, mirrored);
        CHECK((flipped || equal(out, image)));
        flips += flipped;
    }
    CHECK(flips > 430);
    CHECK(flips < 570);
    CHECK(equal(image, counting_image(2, 3, 2)));

    Draws draws(3, 0, 0);
    CHECK(equal(applied(data::RandomHorizontalFlip(1.0F), image, draws), mirrored));
    CHECK(equal(applied(data::RandomHorizontalFlip(0.0F), image, draws), image));
    CHECK_THROWS_AS(data::RandomHorizontalFlip(1.5F), UsageError);
}

TEST_CASE("a translation shows the image moved, and its reflection beyond the border") {
    const std::int64_t height = 4, width = 5, channels = 2, most = 3;
    const Tensor image = counting_image(height, width, channels);
    const data::RandomTranslate translate(most);
    const auto outside = [](std::int64_t i, std::int64_t size) {  // 0 1 2 3 -> ... 2 1 [0 1 2 3] 2 1 ...
        const std::int64_t period = 2 * (size - 1), in_period = (i % period + period) % period;
        return std::min(in_period, period - in_period);
    };
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (std::int64_t example = 0; example < 1000; ++example) {
        Draws draws(1, 0, example), same(1, 0, example);
        const Tensor out = applied(translate, image, draws);
        const std::int64_t down = same.below(2 * most + 1) - most, right = same.below(2 * most + 1) - most;
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                for (std::int64_t c = 0; c < channels; ++c)
                    REQUIRE(out.data()[(y * width + x) * channels + c] ==
                            image.data()[(outside(y - down, height) * width + outside(x - right, width)) *
                                             channels +
                                         c]);
        CHECK(draws.uniform() == same.uniform());
        seen.emplace(down, right);
    }
    CHECK(seen.size() == 49);
    Draws draws(1, 0, 0);
    CHECK_THROWS_AS(data::RandomTranslate(4).draw(image.shape(), draws), UsageError);
    CHECK_THROWS_AS(data::RandomTranslate(-1), UsageError);
}

TEST_CASE("an alternating flip shows each image from both sides in any two epochs") {
    const Tensor image = counting_image(2, 3, 2);
    const data::AlternatingFlip flip;
    const auto flipped_in = [&](std::int64_t epoch, std::int64_t example) {
        Draws draws(3, epoch, example);
        return !equal(applied(flip, image, draws), image);
    };
    int flipped_first = 0;
    for (std::int64_t example = 0; example < 1000; ++example) {
        const bool first = flipped_in(0, example);
        flipped_first += first;
        CHECK(flipped_in(1, example) == !first);
        CHECK(flipped_in(2, example) == first);
        CHECK(flipped_in(7, example) == !first);
    }
    CHECK(flipped_first > 430);
    CHECK(flipped_first < 570);
}

TEST_CASE("cutout paints one whole square, anywhere") {
    const Tensor image = counting_image(4, 5, 2);
    const data::Cutout cutout(3);
    std::set<std::int64_t> corners;
    for (std::int64_t example = 0; example < 200; ++example) {
        Draws draws(1, 0, example);
        const Tensor out = applied(cutout, image, draws, {-1, -2});
        std::int64_t painted = 0, corner = -1;
        for (std::int64_t i = 0; i < out.numel(); ++i) {
            if (out.data()[i] > 0) continue;
            if (corner < 0) corner = i;
            const std::int64_t pixel = (i - corner) / 2;
            CHECK(out.data()[i] == (i % 2 == 0 ? -1.0F : -2.0F));
            CHECK(pixel % 5 < 3);
            CHECK(pixel / 5 < 3);
            ++painted;
        }
        CHECK(painted == 3 * 3 * 2);
        corners.insert(corner);
    }
    CHECK(corners.size() == 6);
    CHECK(image.data()[0] == 1.0F);
    Draws draws(1, 0, 0);
    CHECK_THROWS_AS(data::Cutout(5).draw(image.shape(), draws), UsageError);
    CHECK_THROWS_AS(applied(data::Cutout(2), image, draws, {0}), UsageError);
    CHECK_THROWS_AS(data::Cutout(0), UsageError);
}

TEST_CASE("a step changes only images that it was drawn for") {
    Draws draws(0, 0, 0);
    const kernels::AugmentStep step = data::RandomCrop(2, 1).draw({4, 5, 3}, draws);
    CHECK(data::changed(counting_image(4, 5, 1), step, {}).shape() == engine::Shape{2, 2, 1});
    CHECK_THROWS_AS(data::changed(counting_image(5, 4, 3), step, {}), UsageError);
    CHECK_THROWS_AS(data::changed(engine::zeros({4, 5}), step, {}), UsageError);
    CHECK_THROWS_AS(data::changed(engine::empty({4, 5, 3}, engine::DType::uint8), step, {}), UsageError);
}

TEST_CASE("augmentations are named, some with a number of pixels") {
    CHECK(data::are_augmentations({"crop:2", "flip"}));
    CHECK(data::are_augmentations({"translate", "alternating-flip", "cutout:12"}));
    CHECK(data::are_augmentations({}));
    for (const char* wrong :
         {"rotate", "", "crop:", "crop:0", "crop:33", "crop:2x", "flip:1", "translate:32"}) {
        CAPTURE(wrong);
        CHECK(!data::are_augmentations({wrong}));
    }
    CHECK(!data::are_augmentations({"crop:2", "crop:3"}));
}

TEST_CASE("normalize works on each channel and on a copy") {
    Draws draws(0, 0, 0);
    const Tensor image = values({1, 2, 3, 4}, {1, 2, 2});
    const Tensor out = data::Normalize({1, 2}, {2, 4}).apply(image, draws);
    CHECK(equal(out, values({0, 0, 1, 0.5F}, {1, 2, 2})));
    CHECK(image.data()[2] == 3.0F);
    const Tensor batch = data::Normalize({1, 2}, {2, 4})(image.reshape({1, image.size(0), image.size(1), 2}));
    CHECK(batch.shape().rank() == 4);
    CHECK(std::equal(batch.values().begin(), batch.values().end(), out.values().begin()));
    CHECK_THROWS_AS(data::Normalize({1, 2}, {2, 4})(image.reshape({-1, 2})), UsageError);
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
        const Tensor expected = normalize->apply(applied(flip, applied(crop, image, same), same), same);
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
    CHECK(test::holds(message, "'rotate'", "crop[:1..32]"));
}

TEST_CASE("views of a test image: as it is, mirrored, and both moved by a pixel, normalised") {
    CHECK(data::cifar10_views("none").size() == 1);
    CHECK(data::cifar10_views("flip").size() == 2);
    CHECK(data::cifar10_views("six").empty());
    const auto views = data::cifar10_views("flip-translate");
    REQUIRE(views.size() == 6);
    const Tensor image = counting_image(32, 32, 3);
    Draws draws(1, 2, 3);
    const auto normalize = data::cifar10_transform({});
    const auto check = [&](std::size_t view, const auto& source) {
        const Tensor expected = engine::empty(image.shape());
        for (std::int64_t y = 0; y < 32; ++y)
            for (std::int64_t x = 0; x < 32; ++x) {
                const auto [from_y, from_x] = source(y, x);
                for (std::int64_t c = 0; c < 3; ++c)
                    expected.data()[(y * 32 + x) * 3 + c] = image.data()[(from_y * 32 + from_x) * 3 + c];
            }
        CAPTURE(view);
        CHECK(equal(views[view]->apply(image, draws), normalize->apply(expected, draws)));
    };
    using Place = std::pair<std::int64_t, std::int64_t>;
    const auto up = [](std::int64_t place) { return place == 31 ? 30 : place + 1; };  // reflected
    const auto down = [](std::int64_t place) { return place == 0 ? 1 : place - 1; };
    check(0, [](std::int64_t y, std::int64_t x) { return Place{y, x}; });
    check(1, [](std::int64_t y, std::int64_t x) { return Place{y, 31 - x}; });
    check(2, [&](std::int64_t y, std::int64_t x) { return Place{up(y), up(x)}; });
    check(3, [&](std::int64_t y, std::int64_t x) { return Place{up(y), 31 - up(x)}; });
    check(4, [&](std::int64_t y, std::int64_t x) { return Place{down(y), down(x)}; });
    check(5, [&](std::int64_t y, std::int64_t x) { return Place{down(y), 31 - down(x)}; });
    CHECK(data::Translate(2, 0).draw({3, 3, 1}, draws).top == 2);
    CHECK_THROWS_AS(data::Translate(0, -3).draw({3, 3, 1}, draws), UsageError);
}
