#include "engine/metrics.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/ops/checks.h"
#include "engine/ops/cross_entropy.h"
#include "kernels/correct_predictions/correct_predictions.h"

namespace engine {

Tensor count_correct_predictions(const Tensor& logits, const Tensor& labels) {
    if (logits.shape().rank() != 2 || logits.size(1) == 0 || labels.shape() != Shape{logits.size(0)})
        throw UsageError("logits of shape " + to_string(logits.shape()) + " and labels of shape " +
                             to_string(labels.shape()),
                         "in correct_predictions", "give logits (N, C) and labels (N)");
    check_device("correct_predictions", logits, {labels});
    const Tensor out = empty({}, DType::int64, logits.device());
    kernels::correct_predictions(logits.device(),
                                 {out.data<std::int64_t>(), logits.data(), labels.data<std::int64_t>(),
                                  logits.size(0), logits.size(1)});
    return out;
}

std::int64_t correct_predictions(const Tensor& logits, const Tensor& labels) {
    return static_cast<std::int64_t>(count_correct_predictions(logits, labels).item());
}

namespace {

/// Row n of (N, C).
std::span<float> row_of(const Tensor& tensor, std::int64_t n) {
    const std::int64_t size = tensor.size(1);
    return tensor.values().subspan(static_cast<std::size_t>(n * size), static_cast<std::size_t>(size));
}

/// log(sum of exp(z)), of a row that is not empty.
double log_sum_exp(std::span<const float> row) {
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (const float logit : row) total += std::exp(logit - largest);
    return largest + std::log(total);
}

}  // namespace

Tensor class_probabilities(const Tensor& logits) {
    check_rank("class_probabilities", logits, 2, "(N, C)");
    const Tensor out = logits.to(Device::cpu).clone();
    for (std::int64_t n = 0; n < out.size(0); ++n) {
        const std::span row = row_of(out, n);
        const double log_sum = log_sum_exp(row);
        for (float& value : row) value = static_cast<float>(std::exp(value - log_sum));
    }
    return out;
}

std::vector<float> example_losses(const Tensor& logits, const Tensor& labels) {
    check_rank("example_losses", logits, 2, "(N, C)");
    const Tensor rows = logits.to(Device::cpu), classes = labels.to(Device::cpu);
    check_labels(classes, rows.size(0), rows.size(1));
    std::vector<float> losses;
    for (std::int64_t n = 0; n < rows.size(0); ++n) {
        const std::span row = row_of(rows, n);
        const auto label = static_cast<std::size_t>(classes.data<std::int64_t>()[n]);
        losses.push_back(static_cast<float>(log_sum_exp(row) - row[label]));
    }
    return losses;
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
