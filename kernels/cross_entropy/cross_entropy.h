#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Softmax cross-entropy, mean over the batch, with label smoothing s (Szegedy et al., 2016):
///   loss = -1/N sum_n sum_c target[n][c] * log_softmax(logits[n])[c],  target = (1-s) * onehot(label) +
///   s/classes, log_softmax(z)[c] = z[c] - max(z) - log(sum_j exp(z[j] - max(z))).
/// Labels lie in [0, classes): the caller has checked, unless they lie on a GPU, where a label that does not
/// makes the loss NaN.
template <typename T>
struct CrossEntropyForward {
    T* loss;                     ///< one element
    T* probabilities;            ///< (rows, classes), saved: softmax(logits)
    const T* logits;             ///< (rows, classes)
    const std::int64_t* labels;  ///< (rows)
    T smoothing;
    std::int64_t rows, classes;
};

/// d_logits += d_loss / N * (probabilities - target).
template <typename T>
struct CrossEntropyBackward {
    T* d_logits;
    const T* d_loss;  ///< one element
    const T* probabilities;
    const std::int64_t* labels;
    T smoothing;
    std::int64_t rows, classes;
};

void cross_entropy_forward(Device device, const CrossEntropyForward<float>& args);
void cross_entropy_backward(Device device, const CrossEntropyBackward<float>& args);

namespace reference {
template <typename T>
void cross_entropy_forward(const CrossEntropyForward<T>& args);
template <typename T>
void cross_entropy_backward(const CrossEntropyBackward<T>& args);
}  // namespace reference

namespace cpu {
void cross_entropy_forward(const CrossEntropyForward<float>& args);
void cross_entropy_backward(const CrossEntropyBackward<float>& args);
}  // namespace cpu

namespace cuda {
void cross_entropy_forward(const CrossEntropyForward<float>& args);
void cross_entropy_backward(const CrossEntropyBackward<float>& args);
}  // namespace cuda

namespace emulated {
void cross_entropy_forward(const CrossEntropyForward<float>& args);
void cross_entropy_backward(const CrossEntropyBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
