#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Square windows without padding; rows and columns that fill no whole window are left out (floor mode):
/// out_height = (height - window) / stride + 1, columns alike. window * window <= 256.
struct MaxPoolShape {
    std::int64_t images, height, width, channels;
    std::int64_t window, stride;

    constexpr std::int64_t out_height() const { return (height - window) / stride + 1; }
    constexpr std::int64_t out_width() const { return (width - window) / stride + 1; }
};

/// Ties go to the first element in row-major order; a NaN wins over every number (PyTorch's rule: scanning
/// in row-major order, an element replaces the best so far if it is greater or NaN).
template <typename T>
struct MaxPoolForward {
    T* out;                ///< (images, out_height, out_width, channels)
    std::uint8_t* winner;  ///< same shape; saved: place of the maximum in its window, row * window + column
    const T* x;            ///< (images, height, width, channels)
    MaxPoolShape shape;
};

/// d_x at each window's winner += d_out.
template <typename T>
struct MaxPoolBackward {
    T* d_x;
    const T* d_out;
    const std::uint8_t* winner;
    MaxPoolShape shape;
};

void max_pool_forward(Device device, const MaxPoolForward<float>& args);
void max_pool_backward(Device device, const MaxPoolBackward<float>& args);

namespace reference {
template <typename T>
void max_pool_forward(const MaxPoolForward<T>& args);
template <typename T>
void max_pool_backward(const MaxPoolBackward<T>& args);
}  // namespace reference

namespace cpu {
void max_pool_forward(const MaxPoolForward<float>& args);
void max_pool_backward(const MaxPoolBackward<float>& args);
}  // namespace cpu

namespace cuda {
void max_pool_forward(const MaxPoolForward<float>& args);
void max_pool_backward(const MaxPoolBackward<float>& args);
}  // namespace cuda

namespace emulated {
void max_pool_forward(const MaxPoolForward<float>& args);
void max_pool_backward(const MaxPoolBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
