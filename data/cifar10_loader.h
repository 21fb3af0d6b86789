#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/cifar10.h"
#include "data/data_loader.h"
#include "kernels/common/device.h"

namespace data {

/// Batches of CIFAR-10 for a network on that device, through the augmentations and normalised as
/// cifar10_transform() says. For the CPU the loader does all of that. For a GPU it hands out bytes, a quarter
/// of the memory to copy, and what was drawn; engine::Staging has the GPU do the rest, with the same result
/// to the last bit. Throws what Cifar10, cifar10_transform and DataLoader throw.
std::unique_ptr<DataLoader> cifar10_loader(const std::filesystem::path& directory, Split split,
                                           const std::vector<std::string>& augmentations,
                                           const DataLoaderOptions& options, kernels::Device device);

}  // namespace data
