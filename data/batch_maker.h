#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "data/dataset.h"
#include "data/transforms.h"
#include "engine/batch.h"

namespace data {

/// Makes a batch of those examples, in that order, with what is drawn for them under a seed in an epoch.
/// Loader workers share it.
using BatchMaker = std::function<engine::Batch(std::span<const std::int64_t> examples, std::uint64_t seed,
                                               std::int64_t epoch)>;

/// Batches of float32 inputs: each example goes through the transform, if there is one, by itself. The maker
/// throws what the data set and the transform throw, and UsageError if the examples differ in shape.
BatchMaker transformed_batches(std::shared_ptr<const Dataset> dataset,
                               std::shared_ptr<const Transform> transform);

/// Batches of images in bytes with a plan, by which engine::Staging makes on the device what the pipeline
/// would make here, bit for bit.
BatchMaker planned_batches(std::shared_ptr<const ImageDataset> images,
                           std::shared_ptr<const Pipeline> pipeline);

}  // namespace data
