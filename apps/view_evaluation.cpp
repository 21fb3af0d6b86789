#include "apps/view_evaluation.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/augmentation.h"
#include "data/image_loader.h"
#include "engine/autograd.h"
#include "engine/ops/cross_entropy.h"
#include "engine/profile.h"
#include "engine/staging.h"

namespace apps {
namespace {

bool next_batch(engine::Staging& loader, engine::Batch& batch) {
    const engine::PhaseScope phase(engine::Phase::data);
    return loader.next(batch);
}

/// Adds the logits of one view to `sum` (N, classes), and writes the labels (N).
void add_logits(const engine::Tensor& sum, const engine::Tensor& labels, models::AttentionNet& model,
                data::DataLoader& view) {
    engine::Staging staged(view, model.device());
    staged.start_epoch(0);
    float* row = sum.data();
    auto* label = labels.data<std::int64_t>();
    for (engine::Batch batch; next_batch(staged, batch);) {
        const engine::PhaseScope phase(engine::Phase::evaluation);
        const engine::Tensor logits = model(batch.inputs).to(engine::Device::cpu);
        for (const float logit : logits.values()) *row++ += logit;
        const engine::Tensor on_host = batch.labels.to(engine::Device::cpu);
        label = std::ranges::copy(on_host.values<std::int64_t>(), label).out;
    }
}

}  // namespace

std::vector<std::unique_ptr<data::DataLoader>> view_loaders(
    const std::shared_ptr<const data::ImageDataset>& images, const std::string& views,
    std::int64_t batch_size, engine::Device device) {
    std::vector<std::unique_ptr<data::DataLoader>> loaders;
    for (const auto& pipeline : data::cifar10_views(views))
        loaders.push_back(data::image_loader(images, pipeline, {.batch_size = batch_size}, device));
    return loaders;
}

std::string views_note(std::size_t views) {
    return views == 1 ? "" : fmt::format(", mean of {} views", views);
}

ViewEvaluation evaluate_views(models::AttentionNet& model,
                              const std::vector<std::unique_ptr<data::DataLoader>>& views) {
    const engine::NoGradGuard no_grad;
    model.eval();
    const std::int64_t images = views.front()->examples();
    ViewEvaluation result;
    result.logits = engine::zeros({images, model.options.classes});
    const engine::Tensor labels = engine::empty({images}, engine::DType::int64);
    for (const auto& view : views) add_logits(result.logits, labels, model, *view);
    for (float& logit : result.logits.values()) logit /= static_cast<float>(views.size());
    result.metrics.add(engine::cross_entropy(result.logits, labels).item(),
                       engine::correct_predictions(result.logits, labels), images);
    return result;
}

}  // namespace apps
