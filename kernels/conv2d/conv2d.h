#pragma once

#include <cstdint>

#include "kernels/common/device.h"
#include "kernels/common/precision.h"

namespace kernels {

/// Square filters, the same stride and zero padding in both directions.
struct Conv2dShape {
    std::int64_t images, height, width, in_channels, out_channels;
    std::int64_t kernel = 3, stride = 1, padding = 1;

    constexpr std::int64_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
    constexpr std::int64_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
    /// Output pixels of the batch: the rows of the matrix product that a convolution is.
    constexpr std::int64_t rows() const { return images * out_height() * out_width(); }
    /// Input values under one filter, the depth of that product; ordered (filter row, filter column,
    /// channel).
    constexpr std::int64_t taps() const { return kernel * kernel * in_channels; }
};

/// Cross-correlation, as deep learning calls a convolution:
/// out[n,y,x,o] = bias[o] + sum over r,s,i of x[n, y*stride+r-padding, x*stride+s-padding, i] *
/// weight[o,r,s,i].
template <typename T>
struct Conv2dForward {
    T* out;           ///< (images, out_height, out_width, out_channels)
    const T* x;       ///< (images, height, width, in_channels)
    const T* weight;  ///< (out_channels, kernel, kernel, in_channels)
    const T* bias;    ///< (out_channels), or null
    Conv2dShape shape;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
};

/// The exact adjoint; a null target is not wanted.
template <typename T>
struct Conv2dBackward {
    T* d_x;
    T* d_weight;
    T* d_bias;
    const T* d_out;
    const T* x;
    const T* weight;
    Conv2dShape shape;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
};

void conv2d_forward(Device device, const Conv2dForward<float>& args);
void conv2d_backward(Device device, const Conv2dBackward<float>& args);

namespace reference {
template <typename T>
void conv2d_forward(const Conv2dForward<T>& args);
template <typename T>
void conv2d_backward(const Conv2dBackward<T>& args);
}  // namespace reference

namespace cpu {
void conv2d_forward(const Conv2dForward<float>& args);
void conv2d_backward(const Conv2dBackward<float>& args);
}  // namespace cpu

namespace cuda {
void conv2d_forward(const Conv2dForward<float>& args);
void conv2d_backward(const Conv2dBackward<float>& args);
}  // namespace cuda

namespace emulated {
void conv2d_forward(const Conv2dForward<float>& args);
void conv2d_backward(const Conv2dBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
