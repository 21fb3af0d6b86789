#include "apps/cifar10_network.h"

#include <fmt/format.h>

#include "data/cifar10.h"
#include "engine/error.h"
#include "models/model_file.h"

namespace apps {

std::shared_ptr<models::AttentionNet> load_cifar10_network(const std::filesystem::path& checkpoint) {
    constexpr std::size_t most_stages = 5;  // each halves the image, which is 32 pixels wide
    std::shared_ptr<models::AttentionNet> model = models::load_model(checkpoint);
    const models::AttentionNetOptions& network = model->options;
    if (network.classes == std::ssize(data::cifar10_classes) &&
        network.in_channels == data::cifar10_channels && network.widths.size() <= most_stages)
        return model;
    throw engine::InputError(fmt::format("the network has {} stages, {} input channels and {} classes",
                                         network.widths.size(), network.in_channels, network.classes),
                             "in " + checkpoint.string(),
                             "give one for CIFAR-10: at most 5 stages, 3 channels, 10 classes");
}

}  // namespace apps
