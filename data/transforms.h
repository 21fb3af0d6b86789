#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/draws.h"
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

/// Pads with zeros on all four sides, then cuts out a square at a uniformly drawn place.
class RandomCrop : public Transform {
  public:
    /// Both in pixels.
    RandomCrop(std::int64_t size, std::int64_t padding);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    std::int64_t size_;
    std::int64_t padding_;
};

/// Moves the image by up to `most` pixels along each axis, uniformly drawn; what comes in from outside is its
/// reflection in the border, whose own pixels are not repeated.
class RandomTranslate : public Transform {
  public:
    explicit RandomTranslate(std::int64_t most);
    /// Throws UsageError also for an image whose sides are not longer than `most`.
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    std::int64_t most_;
};

/// Mirrors left and right with the given probability.
class RandomHorizontalFlip : public Transform {
  public:
    explicit RandomHorizontalFlip(float probability = 0.5F);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    float probability_;
};

/// Mirrors left and right in every other epoch. For each image it is drawn once with which side it begins, so
/// two epochs show both sides of all (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, 3.6).
class AlternatingFlip : public Transform {
  public:
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;
};

/// Paints over a square that lies inside the image at a uniformly drawn place (after DeVries and Taylor,
/// "Improved regularization of convolutional neural networks with cutout", 2017).
class Cutout : public Transform {
  public:
    /// The side in pixels; the paint, one value per channel.
    Cutout(std::int64_t size, std::vector<float> paint);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    std::int64_t size_;
    std::vector<float> paint_;
};

/// (image - mean) / std, for each channel its own.
class Normalize : public Transform {
  public:
    /// One of each per channel. Throws UsageError if there is none, or a deviation that is not positive.
    Normalize(const std::vector<float>& mean, const std::vector<float>& std);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    std::size_t channels_;
    std::vector<float> mean_;  // for each value of a few pixels, one after the other
    std::vector<float> std_;
};

/// Transforms one after the other.
class Compose : public Transform {
  public:
    explicit Compose(std::vector<std::shared_ptr<const Transform>> transforms);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    std::vector<std::shared_ptr<const Transform>> transforms_;
};

}  // namespace data
