#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// out = sum of all elements, in an order that depends on the size alone.
template <typename T>
struct SumForward {
    T* out;  ///< one element
    const T* x;
    std::int64_t size;
};

/// d_x[i] += d_out.
template <typename T>
struct SumBackward {
    T* d_x;
    const T* d_out;  ///< one element
    std::int64_t size;
};

void sum_forward(Device device, const SumForward<float>& args);
void sum_backward(Device device, const SumBackward<float>& args);

namespace reference {
template <typename T>
void sum_forward(const SumForward<T>& args);
template <typename T>
void sum_backward(const SumBackward<T>& args);
}  // namespace reference

namespace cpu {
void sum_forward(const SumForward<float>& args);
void sum_backward(const SumBackward<float>& args);
}  // namespace cpu

namespace cuda {
void sum_forward(const SumForward<float>& args);
void sum_backward(const SumBackward<float>& args);
}  // namespace cuda

namespace emulated {
void sum_forward(const SumForward<float>& args);
void sum_backward(const SumBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
