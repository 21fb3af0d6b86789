#include "data/transforms.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/error.h"

namespace data {
namespace {

using engine::Tensor;
using engine::UsageError;

void check_image(const Tensor& image, const char* transform) {
    if (image.dtype() != engine::DType::float32 || image.shape().rank() != 3)
        throw UsageError(
            std::string("a ") + name(image.dtype()) + " tensor of shape " + to_string(image.shape()),
            std::string("in ") + transform, "give a float32 image (H, W, C)");
}

/// Divides, rather than multiply by 1/std, to be equal to the last bit to other implementations.
void normalize(float* __restrict out, const float* __restrict in, const float* __restrict mean,
               const float* __restrict std, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out[i] = (in[i] - mean[i]) / std[i];
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

/// The place inside [0, size) that `place` is the reflection of; less than `size` outside.
std::int64_t reflected(std::int64_t place, std::int64_t size) {
    if (place < 0) return -place;
    return place < size ? place : 2 * (size - 1) - place;
}

}  // namespace

RandomCrop::RandomCrop(std::int64_t size, std::int64_t padding) : size_(size), padding_(padding) {
    if (size < 1 || padding < 0)
        throw UsageError("size " + std::to_string(size) + " and padding " + std::to_string(padding),
                         "in RandomCrop", "size is at least 1, padding at least 0");
}

Tensor RandomCrop::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "RandomCrop");
    const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
    const std::int64_t places_y = height + 2 * padding_ - size_ + 1;
    const std::int64_t places_x = width + 2 * padding_ - size_ + 1;
    if (places_y < 1 || places_x < 1)
        throw UsageError("an image of shape " + to_string(image.shape()) + " is smaller than the crop of " +
                             std::to_string(size_),
                         "in RandomCrop", "use a smaller size or more padding");
    // Where the crop's corner lies in the image; negative inside the padding.
    const std::int64_t top = draws.below(places_y) - padding_;
    const std::int64_t left = draws.below(places_x) - padding_;

    const Tensor out = engine::zeros({size_, size_, channels});
    const std::int64_t first_y = std::max<std::int64_t>(0, -top), last_y = std::min(size_, height - top);
    const std::int64_t first_x = std::max<std::int64_t>(0, -left), last_x = std::min(size_, width - left);
    if (first_x >= last_x) return out;
    for (std::int64_t y = first_y; y < last_y; ++y)
        std::copy_n(image.data() + ((top + y) * width + left + first_x) * channels,
                    (last_x - first_x) * channels, out.data() + (y * size_ + first_x) * channels);
    return out;
}

RandomTranslate::RandomTranslate(std::int64_t most) : most_(most) {
    if (most < 0)
        throw UsageError("a translation of at most " + std::to_string(most) + " pixels", "in RandomTranslate",
                         "give 0 or more");
}

Tensor RandomTranslate::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "RandomTranslate");
    const std::int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
    if (most_ >= height || most_ >= width)
        throw UsageError("an image of shape " + to_string(image.shape()) + " cannot be reflected " +
                             std::to_string(most_) + " pixels far",
                         "in RandomTranslate", "use a smaller translation");
    const std::int64_t down = draws.below(2 * most_ + 1) - most_, right = draws.below(2 * most_ + 1) - most_;
    const Tensor out = engine::empty(image.shape());
    const float* from = image.data();
    float* to = out.data();
    for (std::int64_t y = 0; y < height; ++y) {
        const float* row = from + reflected(y - down, height) * width * channels;
        for (std::int64_t x = 0; x < width; ++x)
            to = std::copy_n(row + reflected(x - right, width) * channels, channels, to);
    }
    return out;
}

RandomHorizontalFlip::RandomHorizontalFlip(float probability) : probability_(probability) {
    if (!(probability >= 0.0F && probability <= 1.0F))
        throw UsageError("probability " + std::to_string(probability), "in RandomHorizontalFlip",
                         "give a number from 0 to 1");
}

Tensor RandomHorizontalFlip::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "RandomHorizontalFlip");
    return draws.uniform() < probability_ ? mirrored(image) : image;
}

Tensor AlternatingFlip::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "AlternatingFlip");
    return draws.alternating() ? mirrored(image) : image;
}

Cutout::Cutout(std::int64_t size, std::vector<float> paint) : size_(size), paint_(std::move(paint)) {
    if (size < 1)
        throw UsageError("a square of " + std::to_string(size) + " pixels", "in Cutout", "give at least 1");
}

Tensor Cutout::apply(const Tensor& image, Draws& draws) const {
    check_image(image, "Cutout");
    const std::int64_t height = image.size(0), width = image.size(1);
    if (size_ > height || size_ > width || static_cast<std::size_t>(image.size(2)) != paint_.size())
        throw UsageError("an image of shape " + to_string(image.shape()) + " for a square of " +
                             std::to_string(size_) + " pixels and " + std::to_string(paint_.size()) +
                             " channels",
                         "in Cutout", "use a smaller square, and one value of paint per channel");
    const std::int64_t top = draws.below(height - size_ + 1), left = draws.below(width - size_ + 1);
    const Tensor out = image.clone();
    for (std::int64_t y = top; y < top + size_; ++y) {
        float* pixel = out.data() + (y * width + left) * image.size(2);
        for (std::int64_t x = 0; x < size_; ++x) pixel = std::copy(paint_.begin(), paint_.end(), pixel);
    }
    return out;
}

Normalize::Normalize(const std::vector<float>& mean, const std::vector<float>& std) : channels_(mean.size()) {
    if (mean.empty() || mean.size() != std.size() ||
        !std::all_of(std.begin(), std.end(), [](float s) { return s > 0.0F; }))
        throw UsageError(
            std::to_string(mean.size()) + " means and " + std::to_string(std.size()) + " deviations",
            "in Normalize", "give one mean and one positive standard deviation per channel");
    constexpr int pixels = 16;  // then any number of channels makes whole vectors
    for (int pixel = 0; pixel < pixels; ++pixel) {
        mean_.insert(mean_.end(), mean.begin(), mean.end());
        std_.insert(std_.end(), std.begin(), std.end());
    }
}

Tensor Normalize::apply(const Tensor& image, Draws&) const {
    check_image(image, "Normalize");
    if (static_cast<std::size_t>(image.size(2)) != channels_)
        throw UsageError(
            "an image of shape " + to_string(image.shape()) + " for " + std::to_string(channels_) + " means",
            "in Normalize", "give one mean and one standard deviation per channel");
    const Tensor out = engine::empty(image.shape());
    const auto size = static_cast<std::size_t>(image.numel());
    for (std::size_t begin = 0; begin < size; begin += mean_.size())
        normalize(out.data() + begin, image.data() + begin, mean_.data(), std_.data(),
                  std::min(mean_.size(), size - begin));
    return out;
}

Compose::Compose(std::vector<std::shared_ptr<const Transform>> transforms)
    : transforms_(std::move(transforms)) {}

Tensor Compose::apply(const Tensor& image, Draws& draws) const {
    Tensor result = image;
    for (const auto& transform : transforms_) result = transform->apply(result, draws);
    return result;
}

}  // namespace data
