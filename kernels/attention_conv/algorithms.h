#pragma once

#include "kernels/attention_conv/attention_conv.h"

/// The ways in which the CPU computes attention_conv. All keep the contract of attention_conv.h; they differ
/// in the shapes they take and in speed. attention_conv_algorithm is the one rule that chooses.
namespace kernels::cpu {

enum class AttentionConvAlgorithm {
    direct,    ///< few input channels: the filters slide over the image, all sums in registers
    winograd,  ///< 3x3 filters: a quarter of the multiplications, in a transformed space
    patches,   ///< any shape: the product of a matrix of patches and the filters
};

AttentionConvAlgorithm attention_conv_algorithm(const Conv2dShape& shape);
const char* name(AttentionConvAlgorithm algorithm);

namespace winograd {
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace winograd

/// 3x3 filters, stride 1, padding 1.
namespace direct {
/// An image of 32x32 pixels and this many channels fits the first cache level, which all speed rests on.
inline constexpr std::int64_t max_in_channels = 8;
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace direct

namespace patches {
void attention_conv_forward(const AttentionConvForward<float>& args);
void attention_conv_backward(const AttentionConvBackward<float>& args);
}  // namespace patches

}  // namespace kernels::cpu
