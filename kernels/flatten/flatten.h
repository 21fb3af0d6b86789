#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Flattens each image in PyTorch's order, channel first, though it lies channel last in memory:
/// out[n][c * pixels + p] = x[n][p][c]. Linear weights from PyTorch then fit as they are.
template <typename T>
struct FlattenForward {
    T* out;      ///< (images, channels * pixels)
    const T* x;  ///< (images, pixels, channels)
    std::int64_t images, pixels, channels;
};

/// d_x[n][p][c] += d_out[n][c * pixels + p].
template <typename T>
struct FlattenBackward {
    T* d_x;
    const T* d_out;
    std::int64_t images, pixels, channels;
};

void flatten_forward(Device device, const FlattenForward<float>& args);
void flatten_backward(Device device, const FlattenBackward<float>& args);

namespace reference {
template <typename T>
void flatten_forward(const FlattenForward<T>& args);
template <typename T>
void flatten_backward(const FlattenBackward<T>& args);
}  // namespace reference

namespace cpu {
void flatten_forward(const FlattenForward<float>& args);
void flatten_backward(const FlattenBackward<float>& args);
}  // namespace cpu

namespace cuda {
void flatten_forward(const FlattenForward<float>& args);
void flatten_backward(const FlattenBackward<float>& args);
}  // namespace cuda

namespace emulated {
void flatten_forward(const FlattenForward<float>& args);
void flatten_backward(const FlattenBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
