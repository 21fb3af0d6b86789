#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/report/analysis.h"
#include "data/dataset.h"
#include "engine/batch.h"
#include "models/attention_net.h"

namespace apps {

/// Which images an epoch is measured on, and of how many of them the attention is looked at.
struct AnalysedImages {
    std::shared_ptr<const data::ImageDataset> images;
    std::string split;  ///< "test" or "validation"
    std::int64_t train_examples;
};

/// Makes the Analysis of an epoch out of its evaluation, while that runs. Classes and mistakes come from the
/// logits that are computed anyway. Attention takes another forward pass of the first images: of a twentieth
/// as many as there are training images and at most of 1,000, rounded up to whole batches, which is below 2 %
/// of the epoch's work, as a training step is worth three forward passes.
class EpochAnalysis {
  public:
    /// The model outlives this object.
    EpochAnalysis(models::AttentionNet& model, AnalysedImages analysed);

    /// The next batch of the evaluation, in the order of the images, with its logits (N, classes).
    void add(const engine::Batch& batch, const engine::Tensor& logits);
    /// What was found in an epoch and its first filters; then it begins anew.
    Analysis finish(std::int64_t epoch, std::int64_t step);

  private:
    void begin();
    void add_prediction(std::int64_t label, const float* logits);
    void add_attention(const engine::Tensor& inputs, const std::int64_t* labels);
    void keep(Mistake mistake);

    models::AttentionNet& model_;
    const AnalysedImages analysed_;
    const std::int64_t attention_limit_;
    Analysis analysis_;
    std::int64_t images_ = 0;                     ///< seen in this evaluation
    std::vector<std::int64_t> attention_counts_;  ///< images of each class
};

}  // namespace apps
