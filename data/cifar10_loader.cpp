#include "data/cifar10_loader.h"

#include "data/augmentation.h"

namespace data {

std::unique_ptr<DataLoader> cifar10_loader(const std::filesystem::path& directory, Split split,
                                           const std::vector<std::string>& augmentations,
                                           const DataLoaderOptions& options, kernels::Device device) {
    const auto images = std::make_shared<const Cifar10>(directory, split);
    const auto pipeline = cifar10_transform(augmentations);
    return std::make_unique<DataLoader>(images->size(),
                                        device == kernels::Device::cpu ? transformed_batches(images, pipeline)
                                                                       : planned_batches(images, pipeline),
                                        options);
}

}  // namespace data
