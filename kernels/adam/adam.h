#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// One step of Adam (Kingma and Ba, 2015, algorithm 1) as torch.optim.Adam takes it, weight decay added to
/// the gradient (L2, not AdamW's):
///   g = gradient + weight_decay * parameter
///   m = m + (1 - beta1) * (g - m);   v = beta2 * v + (1 - beta2) * g * g
///   parameter -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
/// The scalars are doubles: 1 - beta^step is computed in double and rounded once.
template <typename T>
struct Adam {
    T* parameter;
    T* m;  ///< first moment
    T* v;  ///< second moment
    const T* gradient;
    double lr, beta1, beta2, epsilon, weight_decay;
    std::int64_t step;  ///< counted from 1
    std::int64_t size;
};

void adam(Device device, const Adam<float>& args);

namespace reference {
template <typename T>
void adam(const Adam<T>& args);
}

namespace cpu {
void adam(const Adam<float>& args);
}

}  // namespace kernels
