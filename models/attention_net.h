#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/nn/attention_conv.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/dropout.h"
#include "engine/nn/linear.h"
#include "engine/nn/pooling.h"
#include "engine/nn/sequential.h"

namespace models {

struct BlockOptions {
    std::int64_t in_channels, out_channels;
    bool pool = true;            ///< halve the image at the end
    bool pool_first = false;     ///< before batch norm instead of after it
    bool residual = false;       ///< add the input to the result; only without pool, and as many channels
    float norm_momentum = 0.1F;  ///< of batch norm's running statistics
};

/// An AttentionConv, then batch norm, then a 2x2 max-pool or the sum with the input, or neither; or the
/// max-pool, then batch norm. It is an AttentionConv, so that its parameters are called what the published
/// state has: attention, conv1, conv2, conv3, norm.
class Block : public engine::nn::AttentionConv {
  public:
    explicit Block(const BlockOptions& options);
    engine::Tensor forward(const engine::Tensor& x) override;

    const BlockOptions options;
    std::shared_ptr<engine::nn::BatchNorm2d> norm;
};

/// The head: fc1, relu, dropout, fc2.
class Classifier : public engine::nn::Layer {
  public:
    Classifier(std::int64_t in_features, std::int64_t hidden, double dropout, std::int64_t classes);
    engine::Tensor forward(const engine::Tensor& x) override;

    std::shared_ptr<engine::nn::Linear> fc1, fc2;
    std::shared_ptr<engine::nn::Dropout> dropout;
};

struct AttentionNetOptions {
    std::vector<std::int64_t> widths{32, 64, 128, 256, 256};  ///< output channels of each stage
    std::vector<std::int64_t> blocks{};  ///< of each stage; empty: one each. The first of a stage pools
    bool residual = false;               ///< around all blocks of a stage that do not pool
    /// The first block of a stage pools before its batch norm, so that what leaves it has mean 0 and variance
    /// 1 again: maxima do not. After Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024).
    bool pool_first = false;
    std::int64_t stem = 0;  ///< output channels of a block before the stages, which does not pool; 0: none
    std::int64_t hidden = 256;
    double dropout = 0.5;
    std::int64_t classes = 10;
    std::int64_t in_channels = 3;
    float norm_momentum = 0.1F;  ///< of batch norm's running statistics
};

/// The blocks of such a network, one after the other. Throws UsageError for sizes below 1, or if there are
/// not as many numbers of blocks as widths.
std::vector<BlockOptions> blocks_of(const AttentionNetOptions& options);

/// The network of this project: a stem, if it has one, stages of blocks, global mean, two-layer head. From
/// images (N, H, W, in_channels), H and W at least 2 to the number of stages, to logits (N, classes).
class AttentionNet : public engine::nn::Layer {
  public:
    /// Throws UsageError for sizes below 1, and what blocks_of() throws.
    explicit AttentionNet(const AttentionNetOptions& options);
    engine::Tensor forward(const engine::Tensor& x) override;
    /// The weights a1, a2, a3 that each block gives its branches for these images, (N, 3) a block: a forward
    /// pass up to there, in the mode the network is in.
    std::vector<engine::Tensor> attention(const engine::Tensor& x);

    const AttentionNetOptions options;
    std::shared_ptr<engine::nn::Sequential> backbone;  ///< of Blocks
    std::shared_ptr<Classifier> classifier;
};

}  // namespace models
