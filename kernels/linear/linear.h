#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/precision.h"

namespace kernels {

/// out = x weight^T + bias.
template <typename T>
struct LinearForward {
    T* out;           ///< (rows, out_features)
    const T* x;       ///< (rows, in_features)
    const T* weight;  ///< (out_features, in_features)
    const T* bias;    ///< (out_features), or null
    std::int64_t rows, in_features, out_features;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
};

/// d_x += d_out weight;  d_weight += d_out^T x;  d_bias += column sums of d_out. A null target is not wanted.
template <typename T>
struct LinearBackward {
    T* d_x;
    T* d_weight;
    T* d_bias;
    const T* d_out;
    const T* x;
    const T* weight;
    std::int64_t rows, in_features, out_features;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
};

void linear_forward(Device device, const LinearForward<float>& args);
void linear_backward(Device device, const LinearBackward<float>& args);

namespace reference {
template <typename T>
void linear_forward(const LinearForward<T>& args);
template <typename T>
void linear_backward(const LinearBackward<T>& args);
}  // namespace reference

namespace cpu {
void linear_forward(const LinearForward<float>& args);
void linear_backward(const LinearBackward<float>& args);
}  // namespace cpu

namespace cuda {
void linear_forward(const LinearForward<float>& args);
void linear_backward(const LinearBackward<float>& args);
}  // namespace cuda

namespace emulated {
void linear_forward(const LinearForward<float>& args);
void linear_backward(const LinearBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
