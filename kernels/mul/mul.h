#pragma once

#include <cstdint>

#include "kernels/common/broadcast.h"
#include "kernels/common/device.h"

namespace kernels {

/// out = x * y, broadcast.
template <typename T>
struct MulForward {
    T* out;
    const T* x;
    const T* y;
    Broadcast shape;
};

/// d_x += d_out * y and d_y += d_out * x, summed over the extents that were broadcast. A null target is not
/// wanted.
template <typename T>
struct MulBackward {
    T* d_x;
    T* d_y;
    const T* d_out;
    const T* x;
    const T* y;
    Broadcast shape;
};

void mul_forward(Device device, const MulForward<float>& args);
void mul_backward(Device device, const MulBackward<float>& args);

namespace reference {
template <typename T>
void mul_forward(const MulForward<T>& args);
template <typename T>
void mul_backward(const MulBackward<T>& args);
}  // namespace reference

namespace cpu {
void mul_forward(const MulForward<float>& args);
void mul_backward(const MulBackward<float>& args);
}  // namespace cpu

namespace cuda {
void mul_forward(const MulForward<float>& args);
void mul_backward(const MulBackward<float>& args);
}  // namespace cuda

namespace emulated {
void mul_forward(const MulForward<float>& args);
void mul_backward(const MulBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
