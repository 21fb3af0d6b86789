#include "data/dataset.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace data {

void Dataset::check_index(std::int64_t index, const char* function) const {
    if (index < 0 || index >= size())
        throw engine::UsageError(
            "example " + std::to_string(index) + " asked of " + std::to_string(size()) + " examples",
            std::string("in ") + function, "examples count from 0 to size() - 1");
}

Example ImageDataset::get(std::int64_t index) const {
    Example example{engine::empty(image_shape()), label(index)};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(example.input.numel()));
    copy_bytes(index, bytes.data());
    std::ranges::transform(bytes, example.input.data(),
                           [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
    return example;
}

ImageRange::ImageRange(std::shared_ptr<const ImageDataset> images, std::int64_t first, std::int64_t count)
    : images_(std::move(images)), first_(first), count_(count) {
    if (first < 0 || count < 0 || first > images_->size() - count)
        throw engine::UsageError(std::to_string(count) + " images from " + std::to_string(first) +
                                     " on, of " + std::to_string(images_->size()),
                                 "in ImageRange", "give a range that lies inside the data set");
}

Example ImageRange::get(std::int64_t index) const {
    check_index(index, "ImageRange::get");
    return images_->get(first_ + index);
}

void ImageRange::copy_bytes(std::int64_t index, std::uint8_t* out) const {
    check_index(index, "ImageRange::copy_bytes");
    images_->copy_bytes(first_ + index, out);
}

std::int64_t ImageRange::label(std::int64_t index) const {
    check_index(index, "ImageRange::label");
    return images_->label(first_ + index);
}

TensorDataset::TensorDataset(engine::Tensor inputs, engine::Tensor labels)
    : inputs_(std::move(inputs)), labels_(std::move(labels)) {
    if (inputs_.dtype() != engine::DType::float32 || labels_.dtype() != engine::DType::int64 ||
        inputs_.shape().rank() < 1 || labels_.shape().rank() != 1 || inputs_.size(0) != labels_.size(0))
        throw engine::UsageError(std::string(name(inputs_.dtype())) + " inputs of shape " +
                                     to_string(inputs_.shape()) + " with " + name(labels_.dtype()) +
                                     " labels of shape " + to_string(labels_.shape()),
                                 "in TensorDataset", "give float32 inputs (N, ...) and int64 labels (N)");
}

Example TensorDataset::get(std::int64_t index) const {
    check_index(index, "TensorDataset::get");
    const engine::Shape& shape = inputs_.shape();
    Example example{engine::empty(engine::Shape(shape.begin() + 1, shape.end())),
                    labels_.data<std::int64_t>()[index]};
    const std::int64_t count = example.input.numel();
    std::copy_n(inputs_.data() + index * count, count, example.input.data());
    return example;
}

}  // namespace data
