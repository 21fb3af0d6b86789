#pragma once

#include <filesystem>
#include <memory>

#include "models/attention_net.h"

namespace apps {

/// The network in a model file. Throws what models::load_model throws, and InputError for one that was made
/// for something else than CIFAR-10.
std::shared_ptr<models::AttentionNet> load_cifar10_network(const std::filesystem::path& checkpoint);

}  // namespace apps
