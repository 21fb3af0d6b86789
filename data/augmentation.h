#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/transforms.h"

namespace data {

/// The names that cifar10_transform knows, for help texts.
std::vector<std::string> augmentation_names();

/// What a CIFAR-10 image goes through before the network: the named augmentations in the order given, then
/// Normalize with the data set's mean and deviation. Normalising comes last, so that what a crop pads with is
/// black. The list
/// {"crop", "flip"} is the training default, {} is for testing. Throws UsageError for an unknown name.
std::shared_ptr<const Transform> cifar10_transform(const std::vector<std::string>& augmentations);

}  // namespace data
