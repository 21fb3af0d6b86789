#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/transforms.h"

namespace data {

/// What an augmentation may be, for help texts: "crop[:1..32] ... flip". The number is in pixels: by how much
/// crop pads, how far translate moves, the side of cutout's square.
std::string augmentation_forms();

/// The names alone: "crop", "flip", ...
std::vector<std::string> augmentation_names();

/// Whether cifar10_transform takes the list, and no name comes twice.
bool are_augmentations(const std::vector<std::string>& list);

/// What a CIFAR-10 image goes through before the network: the augmentations in the order given, then
/// Normalize with the data set's mean and deviation. The list {"crop", "flip"} is the training default, {} is
/// for testing. Throws UsageError for what is unknown.
std::shared_ptr<const Pipeline> cifar10_transform(const std::vector<std::string>& list);

/// The views of a test image whose logits are averaged, by name: "none" is the image as it is, "flip" adds
/// its mirror image, "flip-translate" four more, both moved by one pixel up and left and by one down and
/// right (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, 3.5). Empty for another name.
std::vector<std::shared_ptr<const Pipeline>> cifar10_views(const std::string& name);

}  // namespace data
