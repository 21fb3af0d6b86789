#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "apps/config.h"
#include "data/data_loader.h"
#include "engine/tensor.h"

namespace apps {

/// The images of a training, as batches for a network on one device.
struct TrainingData {
    std::unique_ptr<data::DataLoader> train;
    std::shared_ptr<const data::ImageDataset> training;  ///< the images of `train`, in the files' order
    std::unique_ptr<data::DataLoader> epochs;            ///< what each epoch is measured on
    std::shared_ptr<const data::ImageDataset> measured;  ///< the images of `epochs`, in the same order
    /// The test images, one loader for each view, if they are measured on their own at the end.
    std::vector<std::unique_ptr<data::DataLoader>> test_views;
};

/// Reads CIFAR-10 from a folder. With --validate the last training images are held out: each epoch is
/// measured on them. Throws CommandLineError if that leaves none, and what data::Cifar10 throws.
TrainingData load_data(const Config& config, const std::filesystem::path& directory, engine::Device device);

/// What epochs are measured on: "test" or "validation".
const char* split_name(const Config& config);

/// The first images of a set, at most some thousand, (N, 32, 32, 3) as the network sees them: for what is
/// learnt of images before training.
engine::Tensor first_images(const std::shared_ptr<const data::ImageDataset>& images);

}  // namespace apps
