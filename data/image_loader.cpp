#include "data/image_loader.h"

namespace data {

std::unique_ptr<DataLoader> image_loader(const std::shared_ptr<const ImageDataset>& images,
                                         const std::shared_ptr<const Pipeline>& pipeline,
                                         const DataLoaderOptions& options, kernels::Device device) {
    return std::make_unique<DataLoader>(images->size(),
                                        device == kernels::Device::cpu ? transformed_batches(images, pipeline)
                                                                       : planned_batches(images, pipeline),
                                        options);
}

}  // namespace data
