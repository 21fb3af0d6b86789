#include <algorithm>
#include <cmath>

#include "kernels/cross_entropy/cross_entropy.h"

namespace kernels::reference {
namespace {

template <typename T>
T target(std::int64_t c, std::int64_t label, T smoothing, std::int64_t classes) {
    return (c == label ? 1 - smoothing : 0) + smoothing / static_cast<T>(classes);
}

}  // namespace

template <typename T>
void cross_entropy_forward(const CrossEntropyForward<T>& args) {
    double loss = 0;
    for (std::int64_t n = 0; n < args.rows; ++n) {
        const T* z = args.logits + n * args.classes;
        const double max = *std::max_element(z, z + args.classes);
        double sum = 0;
        for (std::int64_t c = 0; c < args.classes; ++c) sum += std::exp(z[c] - max);
        for (std::int64_t c = 0; c < args.classes; ++c) {
            const double log_softmax = z[c] - max - std::log(sum);
            args.probabilities[n * args.classes + c] = static_cast<T>(std::exp(log_softmax));
            const T weight = target(c, args.labels[n], args.smoothing, args.classes);
            if (weight != 0) loss -= weight * log_softmax;  // where it is 0, log_softmax may be -infinity
        }
    }
    *args.loss = static_cast<T>(loss / static_cast<double>(args.rows));
}

template <typename T>
void cross_entropy_backward(const CrossEntropyBackward<T>& args) {
    const T scale = *args.d_loss / static_cast<T>(args.rows);
    for (std::int64_t n = 0; n < args.rows; ++n) {
        for (std::int64_t c = 0; c < args.classes; ++c) {
            const std::int64_t i = n * args.classes + c;
            args.d_logits[i] +=
                scale * (args.probabilities[i] - target(c, args.labels[n], args.smoothing, args.classes));
        }
    }
}

template void cross_entropy_forward(const CrossEntropyForward<float>&);
template void cross_entropy_forward(const CrossEntropyForward<double>&);
template void cross_entropy_backward(const CrossEntropyBackward<float>&);
template void cross_entropy_backward(const CrossEntropyBackward<double>&);

}  // namespace kernels::reference
