#include "kernels/cross_entropy/cross_entropy.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/checks.h"
#include "engine/ops/cross_entropy.h"

namespace engine {

void check_labels(const Tensor& labels, std::int64_t rows, std::int64_t classes) {
    if (!labels.defined() || labels.dtype() != DType::int64 || labels.shape() != Shape{rows})
        throw UsageError("labels do not match " + std::to_string(rows) + " rows of logits",
                         "in cross_entropy", "pass one int64 label per row");
    if (labels.device() != Device::cpu) return;
    for (std::int64_t label : labels.values<std::int64_t>())
        if (label < 0 || label >= classes)
            throw UsageError("label " + std::to_string(label), "in cross_entropy",
                             "labels lie between 0 and " + std::to_string(classes - 1));
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, float label_smoothing) {
    check_rank("cross_entropy", logits, 2, "(N, classes)");
    const std::int64_t rows = logits.size(0), classes = logits.size(1);
    if (rows == 0 || !(label_smoothing >= 0 && label_smoothing <= 1))
        throw UsageError(rows == 0 ? "an empty batch" : "label smoothing outside [0, 1]", "in cross_entropy",
                         "pass at least one row and a smoothing between 0 and 1");
    check_labels(labels, rows, classes);
    check_device("cross_entropy", logits, {labels});

    const Tensor loss = empty({}, DType::float32, logits.device());
    const Tensor probabilities = empty(logits.shape(), DType::float32, logits.device());
    kernels::cross_entropy_forward(
        logits.device(), {loss.data(), probabilities.data(), logits.data(), labels.data<std::int64_t>(),
                          label_smoothing, rows, classes});
    if (!needs_grad({logits})) return loss;
    return record("cross_entropy", loss, {logits}, [=](const Tensor& d_loss) {
        kernels::cross_entropy_backward(logits.device(),
                                        {logits.grad_target().data(), d_loss.data(), probabilities.data(),
                                         labels.data<std::int64_t>(), label_smoothing, rows, classes});
    });
}

}  // namespace engine
