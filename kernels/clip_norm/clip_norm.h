#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/multi_array.h"

namespace kernels {

/// One of several arrays.
template <typename T>
struct ClipNormArray {
    T* gradient;
    std::int64_t size;
    std::int64_t begin;  ///< sum of the sizes of the arrays before this one

    bool operator==(const ClipNormArray&) const = default;
};

/// Limits the Euclidean norm of all arrays taken together (Pascanu et al., "On the difficulty of training
/// recurrent neural networks", 2013, algorithm 1), as torch.nn.utils.clip_grad_norm_ does:
///   norm = sqrt(sum of gradient^2);  gradient *= min(1, limit / (norm + 1e-6))
/// Sums are in double, in an order that the sizes decide.
template <typename T>
struct ClipNorm {
    MultiArray<ClipNormArray<T>> all;
    const double* limit;  ///< in the memory of the device, like the table
};

/// A constant expression only so that kernels may call it, too.
template <typename T>
constexpr T clip_factor(double norm, double limit) {
    const double factor = limit / (norm + 1e-6);
    return static_cast<T>(factor < 1 ? factor : 1.0);
}

void clip_norm(Device device, const ClipNorm<float>& args);

namespace reference {
template <typename T>
void clip_norm(const ClipNorm<T>& args);
}

namespace cpu {
void clip_norm(const ClipNorm<float>& args);
}

namespace cuda {
void clip_norm(const ClipNorm<float>& args);
}

namespace emulated {
void clip_norm(const ClipNorm<float>& args);
}

}  // namespace kernels
