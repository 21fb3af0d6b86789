#pragma once

#include <array>

#include "engine/tensor.h"
#include "kernels/attention_conv/attention_conv.h"

namespace engine {

/// Filters and biases of the three branches.
struct AttentionConvWeights {
    std::array<Tensor, kernels::branches> weight;  ///< each (out, k, k, in)
    std::array<Tensor, kernels::branches> bias;    ///< each (out)
};

/// a1*relu(conv1(x)) + a2*relu(conv2(x)) + a3*relu(conv3(x)) in one pass; x is (N, H, W, in), a is (N, 3):
/// one scalar per image and branch. Equals its composition from conv2d, relu, mul and add, without storing
/// what lies between. Throws UsageError if the shapes do not fit.
Tensor attention_conv(const Tensor& x, const Tensor& a, const AttentionConvWeights& branches,
                      std::int64_t stride = 1, std::int64_t padding = 1);

}  // namespace engine
