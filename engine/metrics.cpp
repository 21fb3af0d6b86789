#include "engine/metrics.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/ops/checks.h"
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

Tensor class_probabilities(const Tensor& logits) {
    check_rank("class_probabilities", logits, 2, "(N, C)");
    const Tensor out = logits.to(Device::cpu).clone();
    const std::int64_t classes = out.size(1);
    for (std::int64_t n = 0; n < out.size(0); ++n) {
        const std::span row =
            out.values().subspan(static_cast<std::size_t>(n * classes), static_cast<std::size_t>(classes));
        const double largest = *std::max_element(row.begin(), row.end());
        double total = 0;
        for (const float logit : row) total += std::exp(logit - largest);
        for (float& value : row) value = static_cast<float>(std::exp(value - largest) / total);
    }
    return out;
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
