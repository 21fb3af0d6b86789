#pragma once

#include <cstdint>
#include <vector>

#include "engine/tensor.h"

namespace engine {

/// How many rows of the logits (N, C) have their largest value, the first of equal ones, at the label (N,
/// int64). A row that holds a NaN predicts nothing and is wrong. Throws UsageError if the shapes do not fit.
std::int64_t correct_predictions(const Tensor& logits, const Tensor& labels);

/// The same as a scalar int64 tensor on the device of both; the host does not wait for it.
Tensor count_correct_predictions(const Tensor& logits, const Tensor& labels);

/// The softmax of each row of the logits (N, C), as they come from any device: a tensor of the CPU, outside
/// the graph. Throws UsageError for another shape.
Tensor class_probabilities(const Tensor& logits);

/// The cross-entropy of each row of the logits (N, C) with its label (N, int64), never smoothed, as they come
/// from any device. Throws UsageError if shapes do not fit or a label is no class.
std::vector<float> example_losses(const Tensor& logits, const Tensor& labels);

/// All there is to save of a MetricAccumulator for a resume in the middle of an epoch.
struct MetricSums {
    double loss = 0;  ///< of every example
    std::int64_t correct = 0;
    std::int64_t count = 0;
};

/// Loss and accuracy over many batches, each weighted by its number of examples.
class MetricAccumulator {
  public:
    /// Adds a batch: the mean loss of its `count` examples, of which `correct` were predicted.
    void add(double loss, std::int64_t correct, std::int64_t count);
    /// Begins anew, or where saved sums left off.
    void restore(const MetricSums& sums = {}) { sums_ = sums; }
    const MetricSums& sums() const { return sums_; }

    /// Per example; NaN without any.
    double mean_loss() const;
    /// Share of correct predictions, 0 to 1; NaN without examples.
    double accuracy() const;
    std::int64_t count() const { return sums_.count; }

  private:
    MetricSums sums_;
};

}  // namespace engine
