#pragma once

#include "engine/ops/cross_entropy.h"
#include "engine/profile.h"

namespace engine::nn {

/// Softmax cross-entropy of logits (N, classes) against labels (N), mean over the batch.
class CrossEntropyLoss {
  public:
    explicit CrossEntropyLoss(float label_smoothing = 0) : label_smoothing_(label_smoothing) {}
    Tensor operator()(const Tensor& logits, const Tensor& labels) const {
        const LayerScope scope("loss");
        return cross_entropy(logits, labels, label_smoothing_);
    }

  private:
    float label_smoothing_;
};

}  // namespace engine::nn
