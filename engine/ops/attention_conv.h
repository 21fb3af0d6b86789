#pragma once

#include <array>

#include "engine/ops/batch_norm.h"
#include "engine/tensor.h"
#include "kernels/attention_conv/attention_conv.h"

namespace engine {

/// Filters and biases of the three branches.
struct AttentionConvWeights {
    std::array<Tensor, kernels::branches> weight;  ///< each (out, k, k, in)
    std::array<Tensor, kernels::branches> bias;    ///< each (out)
};

struct AttentionConvOptions {
    std::int64_t stride = 1, padding = 1;
    /// `a` is the result of relu: where it is 0, its gradient goes no further. Branches with such a weight
    /// are then left out, image by image, which changes no other result and saves their work.
    bool rectified = false;
};

/// a1*relu(conv1(x)) + a2*relu(conv2(x)) + a3*relu(conv3(x)) in one pass; x is (N, H, W, in), a is (N, 3):
/// one scalar per image and branch. Equals its composition from conv2d, relu, mul and add, without storing
/// what lies between. Throws UsageError if the shapes do not fit.
Tensor attention_conv(const Tensor& x, const Tensor& a, const AttentionConvWeights& branches,
                      const AttentionConvOptions& options = {});

/// The same for a batch norm in training to follow, with what the device finds out for it on the way.
struct AttentionConvResult {
    Tensor out;
    PartialMoments moments;
};
AttentionConvResult attention_conv_with_moments(const Tensor& x, const Tensor& a,
                                                const AttentionConvWeights& branches,
                                                const AttentionConvOptions& options = {});

}  // namespace engine
