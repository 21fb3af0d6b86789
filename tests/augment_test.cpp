#include "kernels/augment/augment.h"

#include <algorithm>

#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

using namespace kernels;

namespace {

struct Case {
    std::int64_t images, height, width, channels, steps, size;  ///< size: of all crops
    std::int64_t out_height() const { return steps == 0 ? height : size; }
    std::int64_t out_width() const { return steps == 0 ? width : size; }
    std::int64_t out_size() const { return images * out_height() * out_width() * channels; }
};

const std::vector<Case> cases = {
    {0, 4, 4, 3, 2, 4},    {1, 1, 1, 1, 1, 1},  {3, 4, 6, 3, 0, 0},   {5, 7, 5, 3, 4, 6},
    {9, 5, 9, 1, 5, 3},    {3, 3, 2, 4, 5, 5},  {4, 6, 6, 2, 3, 6},   {2, 17, 13, 3, 5, 12},
    {2, 32, 32, 3, 2, 32}, {1, 9, 9, 3, 1, 19}, {200, 4, 5, 3, 5, 4}, {60, 6, 6, 3, 9, 6},
};

/// A row of whole numbers.
class Numbers {
  public:
    std::int32_t in(std::int64_t least, std::int64_t most) {
        const auto count = static_cast<std::uint64_t>(most - least + 1);
        return static_cast<std::int32_t>(least +
                                         static_cast<std::int64_t>(philox_word(11, 1, next_++) % count));
    }

  private:
    std::uint64_t next_ = 0;
};

AugmentStep random_step(Numbers& numbers, AugmentKind kind, std::int32_t height, std::int32_t width,
                        std::int64_t crop_size) {
    AugmentStep step{kind, 0, 0, 0, height, width};
    if (kind == AugmentKind::crop) {
        step.size = static_cast<std::int32_t>(crop_size);
        // From wholly outside on one side to wholly outside on the other.
        step.top = numbers.in(-crop_size, height);
        step.left = numbers.in(-crop_size, width);
    } else if (kind == AugmentKind::translate) {
        step.top = numbers.in(1 - height, height - 1);
        step.left = numbers.in(1 - width, width - 1);
    } else if (kind == AugmentKind::paint) {
        step.size = numbers.in(1, std::min(height, width));
        step.top = numbers.in(0, height - step.size);
        step.left = numbers.in(0, width - step.size);
    }
    return step;
}

/// Steps of any kinds in any order for each image, at least one of them a crop: then all end at one size.
std::vector<AugmentStep> random_steps(const Case& c) {
    constexpr std::array kinds = {AugmentKind::keep, AugmentKind::crop, AugmentKind::translate,
                                  AugmentKind::mirror, AugmentKind::paint};
    std::vector<AugmentStep> steps;
    Numbers numbers;
    for (std::int64_t image = 0; image < (c.steps == 0 ? 0 : c.images); ++image) {
        auto height = static_cast<std::int32_t>(c.height), width = static_cast<std::int32_t>(c.width);
        const std::int32_t crop = numbers.in(0, c.steps - 1);
        for (std::int32_t k = 0; k < c.steps; ++k) {
            const AugmentKind kind =
                k == crop ? AugmentKind::crop : kinds[static_cast<std::size_t>(numbers.in(0, 4))];
            steps.push_back(random_step(numbers, kind, height, width, c.size));
            if (kind == AugmentKind::crop) height = width = steps.back().size;
        }
    }
    return steps;
}

std::vector<std::uint8_t> random_bytes(std::int64_t size) {
    std::vector<std::uint8_t> bytes;
    for (const float value : test::random_values<float>(size, 1, 0, 256))
        bytes.push_back(static_cast<std::uint8_t>(value));
    return bytes;
}

Augment augment_of(const Case& c, float* out, const std::uint8_t* x, const AugmentStep* steps) {
    return {out,
            x,
            steps,
            {0.49F, 0.48F, 0.45F, 0.1F},
            {0.25F, 0.24F, 0.26F, 3},
            c.images,
            c.steps,
            c.height,
            c.width,
            c.out_height(),
            c.out_width(),
            c.channels};
}

/// Of a 2 x 3 image with the bytes 0, 51, 102, ... 255, which are fifths, after one step; mean 0.2, deviation
/// 0.2.
std::vector<float> after(const AugmentStep& step) {
    const std::vector<std::uint8_t> x = {0, 51, 102, 153, 204, 255};
    const bool crops = step.kind == AugmentKind::crop;
    const std::int64_t height = crops ? step.size : 2, width = crops ? step.size : 3;
    auto out = test::poisoned<float>(height * width);
    augment(Device::cpu, {out.data(), x.data(), &step, {0.2F}, {0.2F}, 1, 1, 2, 3, height, width, 1});
    return out;
}

}  // namespace

TEST_CASE("augment: what the kinds of steps do") {
    const auto check = [](const AugmentStep& step, const std::vector<float>& expected) {
        test::check_close("out", after(step), expected, {1e-6, 0});
    };
    check({AugmentKind::keep, 1, 1, 1, 2, 3}, {-1, 0, 1, 2, 3, 4});
    check({AugmentKind::crop, 1, -1, 2, 2, 3}, {-1, 2, -1, -1});
    check({AugmentKind::crop, -1, 1, 3, 2, 3}, {-1, -1, -1, 0, 1, -1, 3, 4, -1});
    check({AugmentKind::translate, 1, -2, 0, 2, 3}, {4, 3, 2, 1, 0, -1});
    check({AugmentKind::translate, 0, 1, 0, 2, 3}, {0, 1, 0, 3, 4, 3});
    check({AugmentKind::mirror, 0, 0, 0, 2, 3}, {1, 0, -1, 4, 3, 2});
    check({AugmentKind::paint, 0, 1, 2, 2, 3}, {-1, 0, 0, 2, 0, 0});
}

TEST_CASE("augment: a GPU, which goes backwards, makes the bits of the reference, which goes forwards") {
    for (const Case& c : cases) {
        CAPTURE(c.images);
        CAPTURE(c.height);
        CAPTURE(c.steps);
        const std::vector<std::uint8_t> x = random_bytes(c.images * c.height * c.width * c.channels);
        const std::vector<AugmentStep> steps = random_steps(c);
        auto expected = test::poisoned<float>(c.out_size());
        reference::augment(augment_of(c, expected.data(), x.data(), steps.data()));
        for (const auto& gpu : test::on_gpus([&](auto& device) {
                 const auto device_x = device.array(x);
                 const auto device_steps = device.array(steps);
                 const auto out = device.template output<float>(c.out_size());
                 augment(device.id(), augment_of(c, out.data(), device_x.data(), device_steps.data()));
                 return test::Results{out.values()};
             }))
            test::check_same_bits("out, on a GPU", gpu[0], expected);
    }
}
