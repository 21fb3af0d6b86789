#pragma once

#include <array>
#include <cstdint>

#include "kernels/common/precision.h"
#include "kernels/conv2d/conv2d.h"

namespace kernels {

/// Number of parallel convolutions in an attention_conv.
inline constexpr int branches = 3;

/// The fused heart of the network: three convolutions of one input, each rectified, summed with weights that
/// every image brings along:
///   z_k = conv2d(x, weight[k], bias[k]);  out[n] = sum over k of a[n][k] * relu(z_k[n]).
/// Where `rectified` says that a came out of a relu, no gradient goes back through an a[n][k] of 0: branch k
/// of image n then has no part in anything, and is left out, forward and backward (half of them, typically).
template <typename T>
struct AttentionConvForward {
    T* out;                ///< (images, out_height, out_width, out_channels)
    std::uint8_t* active;  ///< same shape; saved: bit k is set where z_k > 0 and branch k was not left out
    const T* x;            ///< (images, height, width, in_channels)
    const T* a;            ///< (images, branches)
    std::array<const T*, branches> weight;  ///< each (out_channels, kernel, kernel, in_channels)
    std::array<const T*, branches> bias;    ///< each (out_channels)
    Conv2dShape shape;
    bool rectified = false;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
    T* out_moments = nullptr;  ///< PartialMoments of out (kernels/batch_norm/batch_norm.h); null: not wanted
};

/// How many rows of out (pixels) there are to each part of its PartialMoments. 0: the device computes none,
/// and does not look at out_moments.
constexpr std::int64_t attention_conv_rows_per_part(Device device) { return device == Device::cpu ? 0 : 64; }

/// With g_k = d_out where bit k of active is set, else 0:
///   d_a[n][k] += <g_k[n], z_k[n]> (nothing where branch k was left out), and d_x, d_weight[k], d_bias[k] are
///   those of conv2d for d_z_k = a[n][k] * g_k.
/// No z_k was saved. A null d_x is not wanted; the other targets always are.
template <typename T>
struct AttentionConvBackward {
    T* d_x;
    T* d_a;  ///< (images, branches)
    std::array<T*, branches> d_weight;
    std::array<T*, branches> d_bias;
    const std::uint8_t* active;
    const T* d_out;
    const T* x;
    const T* a;
    std::array<const T*, branches> weight;
    std::array<const T*, branches> bias;
    Conv2dShape shape;
    bool rectified = false;
    Precision precision = Precision::fp32;  ///< of the factors; GPUs alone look at it
};

/// Whether branch k of image n has a part in the result; Args is the forward's or the backward's.
template <typename T, template <typename> typename Args>
constexpr bool takes_part(const Args<T>& args, std::int64_t n, std::int64_t k) {
    return !args.rectified || args.a[n * branches + k] != 0;
}

void attention_conv_forward(Device device, const AttentionConvForward<float>& args);
void attention_conv_backward(Device device, const AttentionConvBackward<float>& args);

namespace reference {
template <typename T>
void attention_conv_forward(const AttentionConvForward<T>& args);
template <typename T>
void attention_conv_backward(const AttentionConvBackward<T>& args);
}  // namespace reference

namespace cpu {
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace cpu

namespace cuda {
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace cuda

namespace emulated {
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
