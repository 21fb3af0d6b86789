#include <algorithm>
#include <cmath>

#include "kernels/cross_entropy/cross_entropy.h"

// A batch has a few hundred rows of ten classes: microseconds. One thread and one exponential for each logit
// do.
namespace kernels {
namespace {

/// Writes softmax(z) and returns the loss of one row: with l_c = z_c - max - log(sum), it is
/// -(1 - s) l_label - s * mean of l_c.
double softmax_row(float* probabilities, const float* z, std::int64_t label, double smoothing,
                   std::int64_t classes) {
    const float max = *std::max_element(z, z + classes);
    double sum = 0, sum_of_z = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
        probabilities[c] = std::exp(z[c] - max);
        sum += probabilities[c];
        sum_of_z += z[c] - max;
    }
    for (std::int64_t c = 0; c < classes; ++c) probabilities[c] = static_cast<float>(probabilities[c] / sum);

    const double log_sum = std::log(sum);
    const double loss = log_sum - (z[label] - max);
    if (smoothing == 0) return loss;  // also where another logit is -infinity: it has no weight
    return (1 - smoothing) * loss + smoothing * (log_sum - sum_of_z / static_cast<double>(classes));
}

}  // namespace

void cpu::cross_entropy_forward(const CrossEntropyForward<float>& args) {
    double loss = 0;
    for (std::int64_t n = 0; n < args.rows; ++n) {
        const std::int64_t row = n * args.classes;
        loss += softmax_row(args.probabilities + row, args.logits + row, args.labels[n], args.smoothing,
                            args.classes);
    }
    *args.loss = static_cast<float>(loss / static_cast<double>(args.rows));
}

void cpu::cross_entropy_backward(const CrossEntropyBackward<float>& args) {
    const float scale = *args.d_loss / static_cast<float>(args.rows);
    const float share = args.smoothing / static_cast<float>(args.classes);
    for (std::int64_t n = 0; n < args.rows; ++n) {
        const float* probabilities = args.probabilities + n * args.classes;
        float* d_logits = args.d_logits + n * args.classes;
        for (std::int64_t c = 0; c < args.classes; ++c) {
            const float target = (c == args.labels[n] ? 1 - args.smoothing : 0) + share;
            d_logits[c] += scale * (probabilities[c] - target);
        }
    }
}

}  // namespace kernels
