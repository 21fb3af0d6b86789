#pragma once

#include "engine/nn/conv2d.h"
#include "engine/nn/linear.h"
#include "engine/ops/attention_conv.h"

namespace engine::nn {

/// Three parallel 3x3 convolutions, rectified and summed with weights that each image computes for itself:
///   a = relu(attention(mean of x over its pixels)),  out = a1*relu(conv1(x)) + a2*relu(conv2(x)) +
///   a3*relu(conv3(x)).
/// From (N, H, W, in_channels) to (N, H, W, out_channels). Runs as one fused op.
class AttentionConv : public Layer {
  public:
    AttentionConv(std::int64_t in_channels, std::int64_t out_channels);
    Tensor forward(const Tensor& x) override;
    /// The same for a batch norm in training to follow.
    AttentionConvResult forward_with_moments(const Tensor& x) const;

    /// The weights a1, a2, a3 of each image, (N, 3).
    Tensor attend(const Tensor& x) const;

    /// Lets the first `count` branches take part, and no others: their parameters in `attention` become 0, so
    /// that their weight is relu(0) for every image, no gradient reaches them, and their work is left out.
    /// One that was left out so and comes back begins with the weight 1 for every image.
    void keep_branches(std::int64_t count) const;

    std::shared_ptr<Linear> attention;
    std::shared_ptr<Conv2d> conv1, conv2, conv3;

  private:
    AttentionConvWeights weights() const;
    AttentionConvOptions conv_options() const;
};

}  // namespace engine::nn
