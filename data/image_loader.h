#pragma once

#include <memory>

#include "data/data_loader.h"
#include "kernels/common/device.h"

namespace data {

/// Batches of images for a network on that device, through the pipeline. For the CPU the loader does all of
/// that. For a GPU it hands out bytes, a quarter of the memory to copy, and what was drawn; engine::Staging
/// has the GPU do the rest, with the same result to the last bit. Throws what DataLoader throws.
std::unique_ptr<DataLoader> image_loader(const std::shared_ptr<const ImageDataset>& images,
                                         const std::shared_ptr<const Pipeline>& pipeline,
                                         const DataLoaderOptions& options, kernels::Device device);

}  // namespace data
