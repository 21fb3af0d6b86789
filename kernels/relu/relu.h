#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// out = max(x, 0); NaN stays NaN.
template <typename T>
struct ReluForward {
    T* out;
    const T* x;
    std::int64_t size;
};

/// d_x += d_out where out > 0. The output is all that the backward needs: out > 0 exactly where x > 0.
template <typename T>
struct ReluBackward {
    T* d_x;
    const T* d_out;
    const T* out;
    std::int64_t size;
};

void relu_forward(Device device, const ReluForward<float>& args);
void relu_backward(Device device, const ReluBackward<float>& args);

namespace reference {
template <typename T>
void relu_forward(const ReluForward<T>& args);
template <typename T>
void relu_backward(const ReluBackward<T>& args);
}  // namespace reference

namespace cpu {
void relu_forward(const ReluForward<float>& args);
void relu_backward(const ReluBackward<float>& args);
}  // namespace cpu

namespace cuda {
void relu_forward(const ReluForward<float>& args);
void relu_backward(const ReluBackward<float>& args);
}  // namespace cuda

namespace emulated {
void relu_forward(const ReluForward<float>& args);
void relu_backward(const ReluBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
