#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "engine/metrics.h"
#include "models/attention_net.h"

namespace apps {

/// A loader for each of the views that data::cifar10_views() has under that name: batches of the same images
/// in their own order, for a network on that device.
std::vector<std::unique_ptr<data::DataLoader>> view_loaders(
    const std::shared_ptr<const data::ImageDataset>& images, const std::string& views,
    std::int64_t batch_size, engine::Device device);

/// ", mean of 2 views", for what is printed; nothing for one.
std::string views_note(std::size_t views);

struct ViewEvaluation {
    engine::MetricAccumulator metrics;  ///< of the logits
    engine::Tensor logits;              ///< (N, classes), the mean over all views, in the order of the data
};

/// Runs the model, in evaluation mode from now on, over every view of all images.
ViewEvaluation evaluate_views(models::AttentionNet& model,
                              const std::vector<std::unique_ptr<data::DataLoader>>& views);

}  // namespace apps
