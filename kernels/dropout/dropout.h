#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Word of Philox below which an element is dropped: probability * 2^32, rounded down; probability in [0, 1].
constexpr std::uint64_t dropout_threshold(double probability) {
    return static_cast<std::uint64_t>(probability * 4294967296.0);
}

/// Inverted dropout (Srivastava et al., 2014): out[i] = 0 where philox_word(seed, stream, i) is below
/// dropout_threshold(probability), else x[i] / (1 - probability). The mask is a function of (seed, stream),
/// so the backward draws it again instead of saving it. With probability 1 everything is dropped.
/// If there is a stream_origin, in the memory of the device, the mask's stream is *stream_origin + stream:
/// work that was recorded there draws from others when it is replayed after that has moved on.
template <typename T>
struct DropoutForward {
    T* out;
    const T* x;
    double probability;
    std::uint64_t seed, stream;
    std::int64_t size;
    const std::int64_t* stream_origin = nullptr;
};

/// d_x[i] += d_out[i] * mask[i] / (1 - probability).
template <typename T>
struct DropoutBackward {
    T* d_x;
    const T* d_out;
    double probability;
    std::uint64_t seed, stream;
    std::int64_t size;
    const std::int64_t* stream_origin = nullptr;
};

/// The number of the stream that the mask is drawn from, on the device.
template <typename Args>
constexpr std::uint64_t dropout_stream(const Args& args) {
    return args.stream_origin == nullptr ? args.stream
                                         : args.stream + static_cast<std::uint64_t>(*args.stream_origin);
}

void dropout_forward(Device device, const DropoutForward<float>& args);
void dropout_backward(Device device, const DropoutBackward<float>& args);

namespace reference {
template <typename T>
void dropout_forward(const DropoutForward<T>& args);
template <typename T>
void dropout_backward(const DropoutBackward<T>& args);
}  // namespace reference

namespace cpu {
void dropout_forward(const DropoutForward<float>& args);
void dropout_backward(const DropoutBackward<float>& args);
}  // namespace cpu

namespace cuda {
void dropout_forward(const DropoutForward<float>& args);
void dropout_backward(const DropoutBackward<float>& args);
}  // namespace cuda

namespace emulated {
void dropout_forward(const DropoutForward<float>& args);
void dropout_backward(const DropoutBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
