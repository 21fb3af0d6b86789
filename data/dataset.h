#pragma once

#include <cstdint>
#include <memory>

#include "engine/tensor.h"

namespace data {

/// One input and the class it belongs to.
struct Example {
    engine::Tensor input;  ///< float32; an image is (H, W, C)
    std::int64_t label = 0;
};

/// Examples that can be reached by their number.
class Dataset {
  public:
    virtual ~Dataset() = default;

    virtual std::int64_t size() const = 0;
    /// Example `index`, from 0; the caller may keep and change its tensor. Loader workers call this at the
    /// same time from several threads. Throws UsageError if there is no such example.
    virtual Example get(std::int64_t index) const = 0;

  protected:
    /// Throws UsageError, naming the function asked, unless 0 <= index < size().
    void check_index(std::int64_t index, const char* function) const;
};

/// Images that are there in bytes. get() gives them as bytes / 255.
class ImageDataset : public Dataset {
  public:
    Example get(std::int64_t index) const override;
    /// (H, W, C), of every image.
    virtual engine::Shape image_shape() const = 0;
    /// Writes the bytes of image `index`, (H, W, C). Called from several threads, as get() is. Throws
    /// UsageError if there is no such image.
    virtual void copy_bytes(std::int64_t index, std::uint8_t* out) const = 0;
    /// The class of image `index`. Throws UsageError if there is no such image.
    virtual std::int64_t label(std::int64_t index) const = 0;
};

/// Some of a data set's images, those from `first` on, without copying them.
class ImageRange : public ImageDataset {
  public:
    /// Throws UsageError if there are no such images.
    ImageRange(std::shared_ptr<const ImageDataset> images, std::int64_t first, std::int64_t count);

    std::int64_t size() const override { return count_; }
    Example get(std::int64_t index) const override;
    engine::Shape image_shape() const override { return images_->image_shape(); }
    void copy_bytes(std::int64_t index, std::uint8_t* out) const override;
    std::int64_t label(std::int64_t index) const override;

  private:
    std::shared_ptr<const ImageDataset> images_;
    std::int64_t first_, count_;
};

/// Examples that lie in two tensors.
class TensorDataset : public Dataset {
  public:
    /// inputs (N, ...) float32 and labels (N) int64. Throws UsageError for anything else.
    TensorDataset(engine::Tensor inputs, engine::Tensor labels);

    std::int64_t size() const override { return labels_.numel(); }
    Example get(std::int64_t index) const override;

  private:
    engine::Tensor inputs_;
    engine::Tensor labels_;
};

}  // namespace data
