#pragma once

#include <cstdint>

#include "kernels/common/broadcast.h"
#include "kernels/common/device.h"

namespace kernels {

/// out = x + alpha * y, broadcast.
template <typename T>
struct AddForward {
    T* out;
    const T* x;
    const T* y;
    T alpha;
    Broadcast shape;
};

/// d_x += d_out and d_y += alpha * d_out, summed over the extents that were broadcast. A null target is not
/// wanted.
template <typename T>
struct AddBackward {
    T* d_x;
    T* d_y;
    const T* d_out;
    T alpha;
    Broadcast shape;
};

void add_forward(Device device, const AddForward<float>& args);
void add_backward(Device device, const AddBackward<float>& args);

namespace reference {
template <typename T>
void add_forward(const AddForward<T>& args);
template <typename T>
void add_backward(const AddBackward<T>& args);
}  // namespace reference

namespace cpu {
void add_forward(const AddForward<float>& args);
void add_backward(const AddBackward<float>& args);
}  // namespace cpu

namespace cuda {
void add_forward(const AddForward<float>& args);
void add_backward(const AddBackward<float>& args);
}  // namespace cuda

namespace emulated {
void add_forward(const AddForward<float>& args);
void add_backward(const AddBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
