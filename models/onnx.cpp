#include "models/onnx.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/serialize/onnx.h"
#include "models/graph.h"

namespace models {
namespace {

using namespace engine;

/// The shape (C) -> (N, C, 1, 1), of every unflatten: 0 keeps an extent.
constexpr const char* unflatten_shape = "unflatten.shape";

OnnxNode onnx_node(const GraphNode& node, float norm_epsilon) {
    OnnxNode result{"", node.name, node.inputs, node.outputs};
    for (const GraphParameter& parameter : node.parameters) result.inputs.push_back(parameter.name);
    using Numbers = std::vector<std::int64_t>;
    const auto as = [&](const char* type, std::vector<OnnxAttribute> attributes = {}) {
        result.type = type;
        result.attributes = std::move(attributes);
        return result;
    };
    switch (node.op) {
        case GraphOp::global_mean:
            return as("GlobalAveragePool");
        case GraphOp::flatten:
            return as("Flatten", {{"axis", std::int64_t{1}}});
        case GraphOp::unflatten:
            result.inputs.emplace_back(unflatten_shape);
            return as("Reshape");
        case GraphOp::split:
            return as("Split", {{"axis", std::int64_t{1}}});
        case GraphOp::linear:
            return as("Gemm", {{"transB", std::int64_t{1}}});
        case GraphOp::conv2d: {
            const Shape& weight = node.parameters.front().shape;
            const std::int64_t top = weight[2] / 2, left = weight[3] / 2;
            return as("Conv", {{"kernel_shape", Numbers{weight[2], weight[3]}},
                               {"pads", Numbers{top, left, top, left}},
                               {"strides", Numbers{1, 1}}});
        }
        case GraphOp::relu:
            return as("Relu");
        case GraphOp::multiply:
            return as("Mul");
        case GraphOp::sum:
            return as(node.inputs.size() == 2 ? "Add" : "Sum");
        case GraphOp::batch_norm:
            return as("BatchNormalization", {{"epsilon", norm_epsilon}});
        case GraphOp::max_pool:
            return as("MaxPool", {{"kernel_shape", Numbers{2, 2}}, {"strides", Numbers{2, 2}}});
        case GraphOp::dropout:
            break;  // in training alone
    }
    return result;
}

/// A tensor that a file holds besides the parameters, one value for each channel.
Tensor per_channel(const std::vector<float>& values) {
    return tensor(values, {1, 1, 1, std::ssize(values)});  // channel-last
}

/// Bytes to what the network was trained on. Returns the name of the value the network then begins with.
std::string add_normalization(OnnxModel& model, const std::string& images,
                              const PixelNormalization& normalization) {
    constexpr float largest_byte = 255;
    constexpr std::int64_t float_type = 1;  // in TensorProto.DataType
    const std::string prefix = "normalization.";
    model.initializers.emplace_back(prefix + "largest_byte", tensor(std::vector<float>{largest_byte}, {}));
    model.initializers.emplace_back(prefix + "mean", per_channel(normalization.mean));
    model.initializers.emplace_back(prefix + "std", per_channel(normalization.deviation));
    std::string value = images;
    const auto add = [&](const char* type, const char* name, const char* operand,
                         std::vector<OnnxAttribute> attributes = {}) {
        const std::string output = prefix + name;
        OnnxNode node{type, output, {value}, {output}, std::move(attributes)};
        if (*operand != '\0') node.inputs.push_back(prefix + operand);
        model.nodes.push_back(node);
        model.between.push_back({output, DType::float32, model.input.shape});
        value = output;
    };
    add("Cast", "as_float", "", {{"to", float_type}});
    add("Div", "pixels", "largest_byte");
    add("Sub", "centred", "mean");
    add("Div", "normalized", "std");
    return value;
}

std::vector<std::int64_t> extents(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// What goes in and comes out, in the file itself.
void describe(OnnxModel& model, const Graph& graph, const OnnxExportOptions& options) {
    const bool bytes = options.normalization.has_value();
    const char* pixels = bytes ? "uint8, bytes 0 to 255 of red, green and blue; normalised in this file"
                               : "float32, normalised by the caller: (byte / 255 - mean) / std";
    model.input = {graph.input, bytes ? DType::uint8 : DType::float32, extents(graph.input_shape),
                   std::string("(N, C, H, W) ") + pixels};
    const GraphNode& last = graph.nodes.back();
    model.output = {graph.output, DType::float32, extents(last.shape),
                    "(N, classes) before softmax; the largest is the predicted class"};
    model.metadata = options.metadata;
    model.metadata["input"] = model.input.name + ": " + model.input.doc;
    model.metadata["output"] = model.output.name + ": " + model.output.doc;
}

/// The nodes of the graph, which begins with that value in place of its input. Dropout passes on what it
/// reads.
void add_network(OnnxModel& model, const Graph& graph, const std::string& begins_with) {
    std::map<std::string, std::string> instead{{graph.input, begins_with}};
    for (const GraphNode& node : graph.nodes) {
        if (node.op == GraphOp::dropout) {
            instead[node.outputs.front()] = node.inputs.front();
            continue;
        }
        OnnxNode& added = model.nodes.emplace_back(onnx_node(node, graph.norm_epsilon));
        for (std::string& input : added.inputs)
            if (const auto other = instead.find(input); other != instead.end()) input = other->second;
        for (const std::string& value : node.outputs)
            if (value != graph.output) model.between.push_back({value, DType::float32, extents(node.shape)});
    }
}

/// Those that the graph reads: not the counters of batch norms.
void add_parameters(OnnxModel& model, const Graph& graph, const AttentionNet& net) {
    const nn::NamedTensors state = net.state_dict();
    for (const GraphNode& node : graph.nodes)
        for (const GraphParameter& parameter : node.parameters)
            model.initializers.push_back(*std::find_if(state.begin(), state.end(), [&](const auto& entry) {
                return entry.first == parameter.name;
            }));
    model.initializers.emplace_back(unflatten_shape, tensor(std::vector<std::int64_t>{0, 0, 1, 1}, {4}));
}

}  // namespace

void export_onnx(const std::filesystem::path& path, const AttentionNet& net,
                 const OnnxExportOptions& options) {
    const Graph graph = graph_of(net.options, options.height, options.width);
    const auto& normalization = options.normalization;
    const auto channels = static_cast<std::size_t>(net.options.in_channels);
    if (normalization &&
        (normalization->mean.size() != channels || normalization->deviation.size() != channels))
        throw UsageError("a normalisation of " + std::to_string(normalization->mean.size()) + " channels",
                         "in export_onnx", "the network has " + std::to_string(channels));
    OnnxModel model;
    model.name = "AttentionNet";
    model.doc =
        "AttentionNet in evaluation mode: blocks of three 3x3 convolutions, in whose sum each image "
        "weighs them for itself; global mean; two-layer head";
    model.producer_version = options.producer_version;
    describe(model, graph, options);
    add_network(model, graph,
                normalization ? add_normalization(model, graph.input, *normalization) : graph.input);
    add_parameters(model, graph, net);
    save_onnx(path, model);
}

}  // namespace models
