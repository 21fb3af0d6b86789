#include "models/graph.h"

#include <utility>

#include "engine/error.h"

namespace models {
namespace {

using engine::Shape;

constexpr std::int64_t float_bytes = sizeof(float), byte = 1;

/// Adds one node after the other.
class GraphBuilder {
  public:
    explicit GraphBuilder(Graph& graph) : graph_(graph), value_(graph.input), shape_(graph.input_shape) {}

    /// The value that the last node made, and its shape.
    const std::string& value() const { return value_; }
    const Shape& shape() const { return shape_; }
    /// The next node reads this value instead.
    void go_on_from(std::string value, const Shape& shape) {
        value_ = std::move(value);
        shape_ = shape;
    }

    /// A node that reads the last one's value, and further ones, and makes a value of its own name.
    GraphNode& add(GraphOp op, const std::string& name, const std::string& layer, const Shape& shape,
                   std::vector<std::string> more_inputs = {}) {
        more_inputs.insert(more_inputs.begin(), value_);
        graph_.nodes.push_back({.op = op,
                                .name = name,
                                .layer = layer,
                                .inputs = std::move(more_inputs),
                                .outputs = {name},
                                .shape = shape});
        go_on_from(name, shape);
        return graph_.nodes.back();
    }

    void add_linear(const std::string& name, std::int64_t out) {
        const std::int64_t in = shape_[0];
        GraphNode& node = add(GraphOp::linear, name, name, {out});
        node.parameters = {{name + ".weight", {out, in}}, {name + ".bias", {out}}};
        node.kept_bytes = float_bytes * out;
    }

    void add_relu(const std::string& name, const std::string& layer) {
        add(GraphOp::relu, name, layer, shape_).kept_bytes = float_bytes * shape_.numel();
    }

    /// From (C, H, W) to (C).
    void add_global_mean(const std::string& prefix, const std::string& layer) {
        const std::int64_t channels = shape_[0];
        add(GraphOp::global_mean, prefix + "mean", layer, {channels, 1, 1}).kept_bytes =
            float_bytes * channels;
        add(GraphOp::flatten, prefix + "flatten", layer, {channels});
    }

  private:
    Graph& graph_;
    std::string value_;
    Shape shape_;
};

constexpr const char* branch_numbers[] = {"1", "2", "3"};

/// The weights a1, a2, a3 of the branches: three values (1, 1, 1).
std::vector<std::string> add_attention(GraphBuilder& builder, const std::string& block) {
    const std::string layer = block + "attention";
    builder.add_global_mean(layer + ".", layer);
    builder.add_linear(layer, std::ssize(branch_numbers));
    builder.add_relu(layer + ".relu", layer);
    builder.add(GraphOp::unflatten, layer + ".unflatten", layer, {std::ssize(branch_numbers), 1, 1});
    GraphNode& split = builder.add(GraphOp::split, layer + ".split", layer, {1, 1, 1});
    split.outputs.clear();
    for (const char* number : branch_numbers) split.outputs.push_back(block + "a" + number);
    return split.outputs;
}

/// a1*relu(conv1(x)) + a2*relu(conv2(x)) + a3*relu(conv3(x)). The engine does it in one op, which leaves the
/// sum and a byte of flags beside each of its elements, and nothing of what lies between.
void add_attention_conv(GraphBuilder& builder, const std::string& block, std::int64_t out) {
    const std::string x = builder.value();
    const Shape x_shape = builder.shape();
    const std::int64_t in = x_shape[0];
    const Shape shape{out, x_shape[1], x_shape[2]};
    const std::vector<std::string> weights = add_attention(builder, block);
    std::vector<std::string> terms;
    for (std::size_t branch = 0; branch < std::size(branch_numbers); ++branch) {
        const std::string layer = block + "conv" + branch_numbers[branch];
        builder.go_on_from(x, x_shape);
        builder.add(GraphOp::conv2d, layer, layer, shape).parameters = {{layer + ".weight", {out, in, 3, 3}},
                                                                        {layer + ".bias", {out}}};
        builder.add(GraphOp::relu, layer + ".relu", layer, shape);
        builder.add(GraphOp::multiply, layer + ".weighted", layer, shape, {weights[branch]});
        terms.push_back(builder.value());
    }
    builder.go_on_from(terms.front(), shape);
    terms.erase(terms.begin());
    builder.add(GraphOp::sum, block + "sum", block + "sum", shape, terms).kept_bytes =
        (float_bytes + byte) * shape.numel();
}

GraphNode& add_norm(GraphBuilder& builder, const std::string& prefix) {
    const std::string name = prefix + "norm";
    const Shape shape = builder.shape(), channels{shape[0]};
    GraphNode& norm = builder.add(GraphOp::batch_norm, name, name, shape);
    norm.parameters = {{name + ".weight", channels},
                       {name + ".bias", channels},
                       {name + ".running_mean", channels, false},
                       {name + ".running_var", channels, false}};
    return norm;
}

GraphNode& add_pool(GraphBuilder& builder, const std::string& prefix) {
    const Shape& shape = builder.shape();
    return builder.add(GraphOp::max_pool, prefix + "pool", prefix + "pool",
                       {shape[0], shape[1] / 2, shape[2] / 2});
}

/// Batch norm, then the pool. They are one op, too, which leaves the largest element of each window before
/// and after it was normalised, and which one that was.
void add_norm_and_pool(GraphBuilder& builder, const std::string& prefix) {
    add_norm(builder, prefix);
    GraphNode& pool = add_pool(builder, prefix);
    pool.kept_bytes = (2 * float_bytes + byte) * pool.shape.numel();
}

/// The pool, which leaves its result and which element of each window that was, then batch norm.
void add_pool_and_norm(GraphBuilder& builder, const std::string& prefix) {
    GraphNode& pool = add_pool(builder, prefix);
    pool.kept_bytes = (float_bytes + byte) * pool.shape.numel();
    GraphNode& norm = add_norm(builder, prefix);
    norm.kept_bytes = float_bytes * norm.shape.numel();
}

/// What follows the sum of the branches in a block.
void add_end_of_block(GraphBuilder& builder, const std::string& prefix, const BlockOptions& block,
                      const std::string& block_input) {
    if (block.pool) return (block.pool_first ? add_pool_and_norm : add_norm_and_pool)(builder, prefix);
    const std::int64_t bytes = float_bytes * builder.shape().numel();
    add_norm(builder, prefix).kept_bytes = bytes;
    if (block.residual)
        builder.add(GraphOp::sum, prefix + "residual", prefix + "residual", builder.shape(), {block_input})
            .kept_bytes = bytes;
}

void add_classifier(GraphBuilder& builder, const AttentionNetOptions& options) {
    builder.add_global_mean("pool.", "pool");
    builder.add_linear("classifier.fc1", options.hidden);
    builder.add_relu("classifier.fc1.relu", "classifier.fc1");
    builder.add(GraphOp::dropout, "classifier.dropout", "classifier.dropout", {options.hidden}).kept_bytes =
        float_bytes * options.hidden;
    builder.add_linear("classifier.fc2", options.classes);
}

}  // namespace

const char* name(GraphOp op) {
    switch (op) {
        case GraphOp::global_mean:
            return "global mean";
        case GraphOp::flatten:
            return "flatten";
        case GraphOp::unflatten:
            return "unflatten";
        case GraphOp::split:
            return "split";
        case GraphOp::linear:
            return "linear";
        case GraphOp::conv2d:
            return "conv2d";
        case GraphOp::relu:
            return "relu";
        case GraphOp::multiply:
            return "multiply";
        case GraphOp::sum:
            return "sum";
        case GraphOp::batch_norm:
            return "batch norm";
        case GraphOp::max_pool:
            return "max pool";
        case GraphOp::dropout:
            return "dropout";
    }
    return "";
}

std::int64_t GraphNode::macs() const {
    if (op == GraphOp::linear) return parameters.front().shape.numel();
    if (op == GraphOp::conv2d) return parameters.front().shape.numel() * shape[1] * shape[2];
    return 0;
}

std::int64_t GraphNode::parameter_count() const {
    std::int64_t count = 0;
    for (const GraphParameter& parameter : parameters)
        if (parameter.trained) count += parameter.shape.numel();
    return count;
}

std::int64_t Graph::macs() const {
    std::int64_t sum = 0;
    for (const GraphNode& node : nodes) sum += node.macs();
    return sum;
}

std::int64_t Graph::parameter_count() const {
    std::int64_t sum = 0;
    for (const GraphNode& node : nodes) sum += node.parameter_count();
    return sum;
}

std::int64_t Graph::kept_bytes() const {
    std::int64_t sum = float_bytes * input_shape.numel();
    for (const GraphNode& node : nodes) sum += node.kept_bytes;
    return sum;
}

Graph graph_of(const AttentionNetOptions& options, std::int64_t height, std::int64_t width) {
    Graph graph{"images",
                {options.in_channels, height, width},
                "logits",
                {},
                engine::nn::BatchNorm2dOptions{.num_features = 1}.eps};
    GraphBuilder builder(graph);
    std::int64_t index = 0;
    for (const BlockOptions& block : blocks_of(options)) {
        const std::string prefix = "backbone." + std::to_string(index++) + ".", input = builder.value();
        add_attention_conv(builder, prefix, block.out_channels);
        add_end_of_block(builder, prefix, block, input);
        if (builder.shape().numel() == 0)
            throw engine::UsageError(
                "images of " + std::to_string(height) + "x" + std::to_string(width) + " pixels",
                "in graph_of, block " + std::to_string(index - 1), "larger ones: they are halved to nothing");
    }
    add_classifier(builder, options);
    graph.nodes.back().outputs = {graph.output};
    return graph;
}

}  // namespace models
