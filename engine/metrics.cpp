#include "engine/metrics.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace engine {
namespace {

bool is_correct(const float* row, std::int64_t classes, std::int64_t label) {
    if (std::any_of(row, row + classes, [](float logit) { return std::isnan(logit); })) return false;
    return std::max_element(row, row + classes) - row == label;
}

}  // namespace

std::int64_t correct_predictions(const Tensor& logits, const Tensor& labels) {
    if (logits.shape().rank() != 2 || logits.size(1) == 0 || labels.shape() != Shape{logits.size(0)})
        throw UsageError("logits of shape " + to_string(logits.shape()) + " and labels of shape " +
                             to_string(labels.shape()),
                         "in correct_predictions", "give logits (N, C) and labels (N)");
    const float* row = logits.data();
    const std::int64_t classes = logits.size(1);
    std::int64_t correct = 0;
    for (std::int64_t label : labels.values<std::int64_t>()) {
        correct += is_correct(row, classes, label);
        row += classes;
    }
    return correct;
}

void MetricAccumulator::add(double loss, std::int64_t correct, std::int64_t count) {
    sums_.loss += loss * static_cast<double>(count);
    sums_.correct += correct;
    sums_.count += count;
}

double MetricAccumulator::mean_loss() const { return sums_.loss / static_cast<double>(sums_.count); }

double MetricAccumulator::accuracy() const {
    return static_cast<double>(sums_.correct) / static_cast<double>(sums_.count);
}

}  // namespace engine
