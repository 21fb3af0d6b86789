#include "apps/training_data.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/view_evaluation.h"
#include "data/augmentation.h"
#include "data/cifar10.h"
#include "data/image_loader.h"

namespace apps {

TrainingData load_data(const Config& config, const std::filesystem::path& directory, engine::Device device) {
    constexpr std::int64_t test_batch_size = 128;  // results do not depend on it
    const auto all = std::make_shared<data::Cifar10>(directory, data::Split::train);
    const auto test = std::make_shared<data::Cifar10>(directory, data::Split::test);
    if (config.validate >= all->size())
        throw CommandLineError(
            fmt::format("--validate {} of {} training images", config.validate, all->size()),
            "on the command line", "hold out fewer");
    const std::int64_t count = all->size() - config.validate;
    TrainingData loaders;
    loaders.training = std::make_shared<data::ImageRange>(all, 0, count);
    loaders.train =
        data::image_loader(loaders.training, data::cifar10_transform(config.augment),
                           {config.batch_size, !config.no_shuffle, static_cast<int>(config.workers),
                            static_cast<std::uint64_t>(config.seed), config.skip_easiest},
                           device);
    loaders.measured = test;
    if (config.validate > 0)
        loaders.measured = std::make_shared<data::ImageRange>(all, count, config.validate);
    loaders.epochs = data::image_loader(
        loaders.measured, data::cifar10_transform({}),
        {.batch_size = test_batch_size, .workers = static_cast<int>(config.workers)}, device);
    if (config.validate > 0 || config.tta != "none")
        loaders.test_views = view_loaders(test, config.tta, test_batch_size, device);
    return loaders;
}

const char* split_name(const Config& config) { return config.validate > 0 ? "validation" : "test"; }

engine::Tensor first_images(const std::shared_ptr<const data::ImageDataset>& images) {
    constexpr std::int64_t enough = 5000;
    const auto first = std::make_shared<data::ImageRange>(images, 0, std::min(enough, images->size()));
    const auto loader =
        data::image_loader(first, data::cifar10_transform({}), {.batch_size = enough}, engine::Device::cpu);
    loader->start_epoch(0);
    engine::Batch batch;
    loader->next(batch);
    return batch.inputs;
}

}  // namespace apps
