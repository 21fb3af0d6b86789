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

/// Mirrors left and right with the given probability.
class RandomHorizontalFlip : public Transform {
  public:
    explicit RandomHorizontalFlip(float probability = 0.5F);
    engine::Tensor apply(const engine::Tensor& image, Draws& draws) const override;

  private:
    float probability_;
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
