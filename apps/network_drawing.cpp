#include "apps/network_drawing.h"

#include <map>
#include <string>

#include <fmt/format.h>

#include "apps/network_choice.h"
#include "apps/terminal.h"
#include "data/cifar10.h"
#include "engine/autograd.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/profile.h"

namespace apps {
namespace {

using engine::Tensor;

/// The loss of one batch, in training. A profiler watches, for then nodes know which layer they are of.
Tensor recorded_loss(models::AttentionNet& model, const Tensor& images) {
    const engine::Profiler layers(0);
    const Tensor labels = engine::zeros({images.size(0)}, engine::DType::int64);
    return engine::nn::CrossEntropyLoss()(model(images), labels);
}

/// Draws tensors, each once, and gives it an id.
class StepDrawing {
  public:
    StepDrawing(const models::AttentionNet& model, const Tensor& images) {
        graph_.add_legend({{DotGraph::Kind::operation, "op that was recorded\n(shape of its result)"},
                           {DotGraph::Kind::parameter, "parameter: the backward pass\nadds to its gradient"},
                           {DotGraph::Kind::data, "input, or computed from inputs\nalone: has no gradient"}});
        for (const auto& [name, parameter] : model.named_parameters()) parameters_[parameter.id()] = name;
        add_leaf(images, "images", "images", DotGraph::Kind::data, "");
    }

    /// A recorded result. What it was computed from is drawn before.
    void add_result(const Tensor& result) {
        const engine::Node& node = *result.node();
        const std::string layer(node.layer.text), id = fmt::format("op {}", ++ops_);
        for (const Tensor& input : node.inputs)
            if (input.defined() && !ids_.contains(input.id())) add_leaf(input, frame_of(layer));
        graph_.add_node(id, {op_line(node.op, within_frame(layer)), shape_of(result)},
                        DotGraph::Kind::operation, frame_of(layer));
        ids_[result.id()] = id;
        for (const Tensor& input : node.inputs)
            if (input.defined()) graph_.add_edge(ids_.at(input.id()), id);
    }

    const DotGraph& graph() const { return graph_; }

  private:
    /// "linear (fc1)"; the part of the network is left out where it is called like the op.
    static std::string op_line(const std::string& op, const std::string& part) {
        return part.empty() || part == op ? op : fmt::format("{} ({})", op, part);
    }

    static std::string shape_of(const Tensor& tensor) {
        return tensor.shape().rank() == 0 ? "one number" : engine::to_string(tensor.shape());
    }

    /// A parameter, or what was computed without a record, for an op in that frame.
    void add_leaf(const Tensor& leaf, const std::string& frame) {
        if (const auto parameter = parameters_.find(leaf.id()); parameter != parameters_.end()) {
            const std::string& name = parameter->second;
            return add_leaf(leaf, name, within_frame(name), DotGraph::Kind::parameter, frame_of(name));
        }
        add_leaf(leaf, fmt::format("leaf {}", ids_.size()), "not recorded", DotGraph::Kind::data, frame);
    }

    void add_leaf(const Tensor& leaf, const std::string& id, const std::string& line, DotGraph::Kind kind,
                  const std::string& frame) {
        graph_.add_node(id, {line, shape_of(leaf)}, kind, frame);
        ids_[leaf.id()] = id;
    }

    DotGraph graph_{fmt::format("autograd graph of one training step, {} images", drawn_batch_size)};
    std::map<const void*, std::string> parameters_, ids_;
    int ops_ = 0;
};

/// What the node is called, makes, holds and costs.
std::vector<std::string> lines_of(const models::GraphNode& node) {
    const std::string title = within_frame(node.name), op = name(node.op), shape = to_string(node.shape);
    std::vector<std::string> lines{title, title.ends_with(op) ? shape : op + " " + shape};
    if (node.parameter_count() > 0) lines.push_back(with_commas(node.parameter_count()) + " parameters");
    if (node.macs() > 0) lines.push_back(with_commas(node.macs()) + " MACs");
    return lines;
}

}  // namespace

DotGraph draw_step(const models::AttentionNetOptions& network) {
    models::AttentionNet model(network);
    const Tensor images =
        engine::zeros({drawn_batch_size, data::cifar10_side, data::cifar10_side, network.in_channels});
    const Tensor loss = recorded_loss(model, images);
    StepDrawing drawing(model, images);
    for (const Tensor& result : engine::topological_order(loss)) drawing.add_result(result);
    return drawing.graph();
}

DotGraph draw_model(const models::AttentionNetOptions& network) {
    const models::Graph model = cifar10_graph(network);
    DotGraph graph(fmt::format("the network, {} parameters, {} MACs per image",
                               with_commas(model.parameter_count()), with_commas(model.macs())));
    graph.add_legend({{DotGraph::Kind::operation, "layer without parameters\n(shape of its result)"},
                      {DotGraph::Kind::layer, "layer with parameters"},
                      {DotGraph::Kind::data, "what goes in and comes out"}});
    graph.add_node(model.input, {model.input, to_string(model.input_shape)}, DotGraph::Kind::data, "");
    std::map<std::string, std::string> makers{{model.input, model.input}};  // of each value
    for (const models::GraphNode& node : model.nodes) {
        graph.add_node(node.name, lines_of(node),
                       node.parameters.empty() ? DotGraph::Kind::operation : DotGraph::Kind::layer,
                       frame_of(node.name));
        for (const std::string& input : node.inputs) graph.add_edge(makers.at(input), node.name);
        for (const std::string& output : node.outputs) makers[output] = node.name;
    }
    graph.add_node(model.output, {model.output, to_string(model.nodes.back().shape)}, DotGraph::Kind::data,
                   "");
    graph.add_edge(makers.at(model.output), model.output);
    return graph;
}

}  // namespace apps
