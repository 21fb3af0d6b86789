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

/// An AttentionConv, then batch norm and a 2x2 max-pool: halves the image. It is an AttentionConv, so that
/// its parameters are called what the published state has: attention, conv1, conv2, conv3, norm.
class Block : public engine::nn::AttentionConv {
  public:
    Block(std::int64_t in_channels, std::int64_t out_channels);
    engine::Tensor forward(const engine::Tensor& x) override;

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
    std::vector<std::int64_t> widths{32, 64, 128, 256, 256};  ///< output channels of each block
    std::int64_t hidden = 256;
    double dropout = 0.5;
    std::int64_t classes = 10;
    std::int64_t in_channels = 3;
};

/// The network of this project: blocks, global mean, two-layer head. From images (N, H, W, in_channels), H
/// and W at least 2 to the number of blocks, to logits (N, classes).
class AttentionNet : public engine::nn::Layer {
  public:
    explicit AttentionNet(const AttentionNetOptions& options);
    engine::Tensor forward(const engine::Tensor& x) override;

    const AttentionNetOptions options;
    std::shared_ptr<engine::nn::Sequential> backbone;  ///< of Blocks
    std::shared_ptr<Classifier> classifier;
};

}  // namespace models
