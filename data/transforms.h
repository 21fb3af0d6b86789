#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/draws.h"
#include "engine/ops/augment.h"
#include "engine/tensor.h"

namespace data {

/// A change to one image on its way from the data set to the network. Loader workers share it, so it has no
/// state.
class Transform {
  public:
    virtual ~Transform() = default;

    /// image (H, W, C) float32 to an image (H', W', C). Leaves its argument as it is, and may return it.
    /// Takes every random decision from `draws`, always the same number of them. Throws UsageError for an
    /// image that does not fit.
    virtual engine::Tensor apply(const engine::Tensor& image, Draws& draws) const = 0;
};

/// Decides at random how an image is changed. To decide and to change are two things, so that a GPU can do
/// the second (engine/ops/augment.h), and does it the same. Loader workers share it, so it has no state.
class Augmentation {
  public:
    virtual ~Augmentation() = default;

    /// The step for an image of that shape (H, W, C). Takes every random decision from `draws`, always the
    /// same number of them. Throws UsageError if the shape does not fit.
    virtual kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const = 0;
};

/// The image (H, W, C) float32 after a step that was drawn for it. Leaves its argument as it is, and may
/// return it. The mean, one value per channel, is what squares are painted with. Throws UsageError for
/// tensors of another shape or type.
engine::Tensor changed(const engine::Tensor& image, const kernels::AugmentStep& step,
                       std::span<const float> mean);

/// Pads with zeros on all four sides, then cuts out a square at a uniformly drawn place.
class RandomCrop : public Augmentation {
  public:
    /// Both in pixels.
    RandomCrop(std::int64_t size, std::int64_t padding);
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;

  private:
    std::int64_t size_;
    std::int64_t padding_;
};

/// Moves the image by up to `most` pixels along each axis, uniformly drawn; what comes in from outside is its
/// reflection in the border, whose own pixels are not repeated.
class RandomTranslate : public Augmentation {
  public:
    explicit RandomTranslate(std::int64_t most);
    /// Throws UsageError also for an image whose sides are not longer than `most`.
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;

  private:
    std::int64_t most_;
};

/// Mirrors left and right with the given probability.
class RandomHorizontalFlip : public Augmentation {
  public:
    explicit RandomHorizontalFlip(float probability = 0.5F);
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;

  private:
    float probability_;
};

/// Mirrors left and right in every other epoch. For each image it is drawn once with which side it begins, so
/// two epochs show both sides of all (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, 3.6).
class AlternatingFlip : public Augmentation {
  public:
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;
};

/// Paints over a square that lies inside the image at a uniformly drawn place (after DeVries and Taylor,
/// "Improved regularization of convolutional neural networks with cutout", 2017), with the mean colour, which
/// becomes 0.
class Cutout : public Augmentation {
  public:
    /// The side in pixels.
    explicit Cutout(std::int64_t size);
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;

  private:
    std::int64_t size_;
};

/// Mirrors every image left and right.
class Mirror : public Augmentation {
  public:
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;
};

/// Moves every image by the same: pixel (y, x) comes from (y + top, x + left), as in RandomTranslate.
class Translate : public Augmentation {
  public:
    Translate(std::int32_t top, std::int32_t left) : top_(top), left_(left) {}
    /// Throws UsageError also for an image whose sides are not longer than what it is moved by.
    kernels::AugmentStep draw(const engine::Shape& image, Draws& draws) const override;

  private:
    std::int32_t top_, left_;
};

/// (image - mean) / deviation, for each channel its own.
class Normalize : public Transform {
  public:
    /// One of each per channel. Throws UsageError if there is none, or a deviation that is not positive.
    Normalize(const std::vector<float>& mean, const std::vector<float>& deviation);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;
    /// The same, as nothing is drawn. Takes a batch (N, H, W, C), too.
    engine::Tensor operator()(const engine::Tensor& images) const;

    std::span<const float> mean() const { return {mean_.data(), channels_}; }
    std::span<const float> deviation() const { return {deviation_.data(), channels_}; }

  private:
    std::size_t channels_;
    std::vector<float> mean_;  // for each value of a few pixels, one after the other
    std::vector<float> deviation_;
};

/// Augmentations one after the other, then Normalize. Normalising comes last, so that what a crop pads with
/// is black.
class Pipeline : public Transform {
  public:
    Pipeline(std::vector<std::shared_ptr<const Augmentation>> augmentations, Normalize normalize);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

    /// How many steps an image takes before it is normalised.
    std::int64_t steps() const { return static_cast<std::int64_t>(augmentations_.size()); }
    /// Writes the steps that apply() takes with an image of that shape and the same draws. Returns the shape
    /// of the result.
    engine::Shape draw(engine::Shape image, Draws& draws, kernels::AugmentStep* steps) const;
    const Normalize& normalize() const { return normalize_; }

  private:
    std::vector<std::shared_ptr<const Augmentation>> augmentations_;
    Normalize normalize_;
};

}  // namespace data
