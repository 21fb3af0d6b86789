#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/transforms.h"

namespace data {

/// What an augmentation may be, for help texts: "crop[:1..32] ... flip". The number is in pixels: by how much
/// crop pads, how far translate moves, the side of cutout's square.
std::string augmentation_forms();

/// Whether cifar10_transform takes the list, and no name comes twice.
bool are_augmentations(const std::vector<std::string>& list);

/// What a CIFAR-10 image goes through before the network: the augmentations in the order given, then
/// Normalize with the data set's mean and deviation. The list {"crop", "flip"} is the training default, {} is
/// for testing. Throws UsageError for what is unknown.
std::shared_ptr<const Pipeline> cifar10_transform(const std::vector<std::string>& list);

}  // namespace data
