#include "data/transforms.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "engine/error.h"

namespace data {
namespace {

using engine::Shape;
using engine::Tensor;
using engine::UsageError;
using kernels::AugmentKind;
using kernels::AugmentStep;

void check_image(const Tensor& image, const char* function) {
    if (image.dtype() != engine::DType::float32 || image.shape().rank() != 3)
        throw UsageError(
            std::string("a ") + name(image.dtype()) + " tensor of shape " + to_string(image.shape()),
            std::string("in ") + function, "give a float32 image (H, W, C)");
}

/// A step that leaves an image of this shape as it is, to be filled in.
AugmentStep step_for(const Shape& image, const char* augmentation) {
    if (image.rank() != 3)
        throw UsageError("an image of shape " + to_string(image), std::string("in ") + augmentation,
                         "its shape is (H, W, C)");
    AugmentStep step{};
    step.height = static_cast<std::int32_t>(image[0]);
    step.width = static_cast<std::int32_t>(image[1]);
    return step;
}

/// Divides, rather than multiply by 1/deviation, to be equal to the last bit to other implementations.
void normalize(float* __restrict out, const float* __restrict in, const float* __restrict mean,
               const float* __restrict deviation, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out[i] = (in[i] - mean[i]) / deviation[i];
}

Tensor cropped(const Tensor& image, const AugmentStep& step) {
    const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
    const std::int64_t top = step.top, left = step.left, size = step.size;
    const Tensor out = engine::zeros({size, size, channels});
    const std::int64_t first_y = std::max<std::int64_t>(0, -top), last_y = std::min(size, height - top);
    const std::int64_t first_x = std::max<std::int64_t>(0, -left), last_x = std::min(size, width - left);
    if (first_x >= last_x) return out;
    for (std::int64_t y = first_y; y < last_y; ++y)
        std::copy_n(image.data() + ((top + y) * width + left + first_x) * channels,
                    (last_x - first_x) * channels, out.data() + (y * size + first_x) * channels);
    return out;
}

/// The place inside [0, size) that `place` is the reflection of; less than `size` outside.
std::int64_t reflected(std::int64_t place, std::int64_t size) {
    if (place < 0) return -place;
    return place < size ? place : 2 * (size - 1) - place;
}

Tensor translated(const Tensor& image, const AugmentStep& step) {
    const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
    const Tensor out = engine::empty(image.shape());
    const float* from = image.data();
    float* to = out.data();
    for (std::int64_t y = 0; y < height; ++y) {
        const float* row = from + reflected(y + step.top, height) * width * channels;
        for (std::int64_t x = 0; x < width; ++x)
            to = std::copy_n(row + reflected(x + step.left, width) * channels, channels, to);
    }
    return out;
}

Tensor mirrored(const Tensor& image) {
    const std::int64_t rows = image.size(0), width = image.size(1), channels = image.size(2);
    const Tensor out = engine::empty(image.shape());
    const float* from = image.data();
    float* row = out.data();
    for (std::int64_t y = 0; y < rows; ++y, row += width * channels)
        for (std::int64_t x = width; x-- > 0; from += channels)
            std::copy_n(from, channels, row + x * channels);
    return out;
}

Tensor painted(const Tensor& image, const AugmentStep& step, std::span<const float> colour) {
    const std::int64_t width = image.size(1), channels = image.size(2);
    if (static_cast<std::size_t>(channels) != colour.size())
        throw UsageError("an image of shape " + to_string(image.shape()) + " for a mean of " +
                             std::to_string(colour.size()) + " channels",
                         "in data::changed", "give one value per channel");
    const Tensor out = image.clone();
    for (std::int64_t y = step.top; y < step.top + step.size; ++y) {
        float* pixel = out.data() + (y * width + step.left) * channels;
        for (std::int32_t x = 0; x < step.size; ++x) pixel = std::copy(colour.begin(), colour.end(), pixel);
    }
    return out;
}

}  // namespace

Tensor changed(const Tensor& image, const AugmentStep& step, std::span<const float> mean) {
    check_image(image, "data::changed");
    if (image.size(0) != step.height || image.size(1) != step.width)
        throw UsageError("an image of shape " + to_string(image.shape()) + " and a step for " +
                             std::to_string(step.height) + "x" + std::to_string(step.width) + " pixels",
                         "in data::changed", "draw the step for the shape of the image");
    switch (step.kind) {
        case AugmentKind::keep:
            break;
        case AugmentKind::crop:
            return cropped(image, step);
        case AugmentKind::translate:
            return translated(image, step);
        case AugmentKind::mirror:
            return mirrored(image);
        case AugmentKind::paint:
            return painted(image, step, mean);
    }
    return image;
}

RandomCrop::RandomCrop(std::int64_t size, std::int64_t padding) : size_(size), padding_(padding) {
    if (size < 1 || padding < 0)
        throw UsageError("size " + std::to_string(size) + " and padding " + std::to_string(padding),
                         "in RandomCrop", "size is at least 1, padding at least 0");
}

AugmentStep RandomCrop::draw(const Shape& image, Draws& draws) const {
    AugmentStep step = step_for(image, "RandomCrop");
    const std::int64_t places_y = image[0] + 2 * padding_ - size_ + 1;
    const std::int64_t places_x = image[1] + 2 * padding_ - size_ + 1;
    if (places_y < 1 || places_x < 1)
        throw UsageError(
            "an image of shape " + to_string(image) + " is smaller than the crop of " + std::to_string(size_),
            "in RandomCrop", "use a smaller size or more padding");
    step.kind = AugmentKind::crop;
    // Where the crop's corner lies in the image; negative inside the padding.
    step.top = static_cast<std::int32_t>(draws.below(places_y) - padding_);
    step.left = static_cast<std::int32_t>(draws.below(places_x) - padding_);
    step.size = static_cast<std::int32_t>(size_);
    return step;
}

RandomTranslate::RandomTranslate(std::int64_t most) : most_(most) {
    if (most < 0)
        throw UsageError("a translation of at most " + std::to_string(most) + " pixels", "in RandomTranslate",
                         "give 0 or more");
}

AugmentStep RandomTranslate::draw(const Shape& image, Draws& draws) const {
    AugmentStep step = step_for(image, "RandomTranslate");
    if (most_ >= image[0] || most_ >= image[1])
        throw UsageError("an image of shape " + to_string(image) + " cannot be reflected " +
                             std::to_string(most_) + " pixels far",
                         "in RandomTranslate", "use a smaller translation");
    step.kind = AugmentKind::translate;
    step.top = static_cast<std::int32_t>(most_ - draws.below(2 * most_ + 1));
    step.left = static_cast<std::int32_t>(most_ - draws.below(2 * most_ + 1));
    return step;
}

RandomHorizontalFlip::RandomHorizontalFlip(float probability) : probability_(probability) {
    if (!(probability >= 0.0F && probability <= 1.0F))
        throw UsageError("probability " + std::to_string(probability), "in RandomHorizontalFlip",
                         "give a number from 0 to 1");
}

AugmentStep RandomHorizontalFlip::draw(const Shape& image, Draws& draws) const {
    AugmentStep step = step_for(image, "RandomHorizontalFlip");
    if (draws.uniform() < probability_) step.kind = AugmentKind::mirror;
    return step;
}

AugmentStep AlternatingFlip::draw(const Shape& image, Draws& draws) const {
    AugmentStep step = step_for(image, "AlternatingFlip");
    if (draws.alternating()) step.kind = AugmentKind::mirror;
    return step;
}

Cutout::Cutout(std::int64_t size) : size_(size) {
    if (size < 1)
        throw UsageError("a square of " + std::to_string(size) + " pixels", "in Cutout", "give at least 1");
}

AugmentStep Cutout::draw(const Shape& image, Draws& draws) const {
    AugmentStep step = step_for(image, "Cutout");
    if (size_ > image[0] || size_ > image[1])
        throw UsageError(
            "an image of shape " + to_string(image) + " for a square of " + std::to_string(size_) + " pixels",
            "in Cutout", "use a smaller square");
    step.kind = AugmentKind::paint;
    step.top = static_cast<std::int32_t>(draws.below(image[0] - size_ + 1));
    step.left = static_cast<std::int32_t>(draws.below(image[1] - size_ + 1));
    step.size = static_cast<std::int32_t>(size_);
    return step;
}

AugmentStep Mirror::draw(const Shape& image, Draws&) const {
    AugmentStep step = step_for(image, "Mirror");
    step.kind = AugmentKind::mirror;
    return step;
}

AugmentStep Translate::draw(const Shape& image, Draws&) const {
    AugmentStep step = step_for(image, "Translate");
    if (std::abs(top_) >= image[0] || std::abs(left_) >= image[1])
        throw UsageError("an image of shape " + to_string(image) + " cannot be reflected that far",
                         "in Translate", "use a smaller translation");
    step.kind = AugmentKind::translate;
    step.top = top_;
    step.left = left_;
    return step;
}

Normalize::Normalize(const std::vector<float>& mean, const std::vector<float>& deviation)
    : channels_(mean.size()) {
    if (mean.empty() || mean.size() != deviation.size() ||
        !std::all_of(deviation.begin(), deviation.end(), [](float d) { return d > 0.0F; }))
        throw UsageError(
            std::to_string(mean.size()) + " means and " + std::to_string(deviation.size()) + " deviations",
            "in Normalize", "give one mean and one positive standard deviation per channel");
    constexpr int pixels = 16;  // then any number of channels makes whole vectors
    for (int pixel = 0; pixel < pixels; ++pixel) {
        mean_.insert(mean_.end(), mean.begin(), mean.end());
        deviation_.insert(deviation_.end(), deviation.begin(), deviation.end());
    }
}

Tensor Normalize::apply(const Tensor& image, Draws&) const {
    check_image(image, "Normalize");
    return (*this)(image);
}

Tensor Normalize::operator()(const Tensor& images) const {
    if (images.shape().rank() != 4) check_image(images, "Normalize");
    if (static_cast<std::size_t>(images.size(-1)) != channels_)
        throw UsageError(
            "an image of shape " + to_string(images.shape()) + " for " + std::to_string(channels_) + " means",
            "in Normalize", "give one mean and one standard deviation per channel");
    const Tensor out = engine::empty(images.shape());
    const auto size = static_cast<std::size_t>(images.numel());
    for (std::size_t begin = 0; begin < size; begin += mean_.size())
        normalize(out.data() + begin, images.data() + begin, mean_.data(), deviation_.data(),
                  std::min(mean_.size(), size - begin));
    return out;
}

Pipeline::Pipeline(std::vector<std::shared_ptr<const Augmentation>> augmentations, Normalize normalize)
    : augmentations_(std::move(augmentations)), normalize_(std::move(normalize)) {}

Tensor Pipeline::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "Pipeline");
    Tensor result = image;
    for (const auto& augmentation : augmentations_)
        result = changed(result, augmentation->draw(result.shape(), draws), normalize_.mean());
    return normalize_.apply(result, draws);
}

Shape Pipeline::draw(Shape image, Draws& draws, AugmentStep* steps) const {
    for (const auto& augmentation : augmentations_) {
        const AugmentStep step = augmentation->draw(image, draws);
        if (step.kind == AugmentKind::crop) image = {step.size, step.size, image[2]};
        *steps++ = step;
    }
    return image;
}

}  // namespace data
