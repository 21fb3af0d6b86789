#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/shape.h"
#include "models/attention_net.h"

/// A network as data: its layers in order, what each reads, makes, holds and costs. What lists layers, draws
/// them or writes them down for other programs goes by this, so that a layer stands in one place.
namespace models {

/// Each reads one value unless it says otherwise.
enum class GraphOp : std::uint8_t {
    global_mean,  ///< over all pixels of a channel
    flatten,      ///< (C, 1, 1) to (C)
    unflatten,    ///< (C) to (C, 1, 1)
    split,        ///< (C, 1, 1) to C values (1, 1, 1)
    linear,       ///< parameters: weight, bias
    conv2d,       ///< parameters: weight, bias; stride 1, padded with zeros to the same size
    relu,
    multiply,    ///< two values; an extent of 1 is stretched
    sum,         ///< two values or more of one shape
    batch_norm,  ///< parameters: weight, bias, running mean, running variance
    max_pool,    ///< over windows of 2x2, side by side
    dropout,     ///< in training alone
};
const char* name(GraphOp op);

struct GraphParameter {
    std::string name;     ///< as in the state_dict
    engine::Shape shape;  ///< as PyTorch has it: filters (O, I, H, W)
    bool trained = true;  ///< or a running statistic
};

struct GraphNode {
    GraphOp op;
    std::string name;                    ///< a path, as those of parameters: "backbone.0.conv1.relu"
    std::string layer;                   ///< the layer it is a part of: "backbone.0.conv1"
    std::vector<std::string> inputs;     ///< values
    std::vector<std::string> outputs{};  ///< values; mostly one, which has the node's name
    engine::Shape shape{};  ///< of each output for one image: (C, H, W) as PyTorch orders them, or (C)
    std::vector<GraphParameter> parameters{};
    /// Bytes that one image leaves in memory from the forward to the backward pass of a training, as the
    /// engine computes this node; those that it fuses leave less than their outputs.
    std::int64_t kept_bytes = 0;

    /// Multiply-accumulates of matrix products for one image, biases not counted.
    std::int64_t macs() const;
    /// Of those that are trained.
    std::int64_t parameter_count() const;
};

struct Graph {
    std::string input;             ///< name of the value that goes in
    engine::Shape input_shape;     ///< of one image, (C, H, W)
    std::string output;            ///< the value that comes out, of the last node
    std::vector<GraphNode> nodes;  ///< each after those whose values it reads
    float norm_epsilon;            ///< of every batch_norm

    std::int64_t macs() const;
    std::int64_t parameter_count() const;
    /// Of the nodes and of the image itself.
    std::int64_t kept_bytes() const;
};

/// An AttentionNet for images of height x width pixels, from "images" to "logits". Throws UsageError as
/// blocks_of() does, or if the images are halved to nothing.
Graph graph_of(const AttentionNetOptions& options, std::int64_t height, std::int64_t width);

}  // namespace models
