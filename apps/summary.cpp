#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/commands.h"
#include "apps/memory_need.h"
#include "apps/network_choice.h"
#include "apps/terminal.h"

namespace apps {
namespace {

/// A layer: the nodes of the graph that are a part of it, taken together.
struct LayerRow {
    std::string layer;
    /// (C, H, W) or (C), for one image: of the node that has the layer's name, or else of the last.
    engine::Shape output{};
    bool output_is_settled = false;
    std::int64_t parameters = 0, macs = 0, kept_bytes = 0;  ///< the last two for one image

    void add(const models::GraphNode& node);
};

void LayerRow::add(const models::GraphNode& node) {
    parameters += node.parameter_count();
    macs += node.macs();
    kept_bytes += node.kept_bytes;
    if (!output_is_settled) output = node.shape;
    output_is_settled = output_is_settled || node.name == layer;
}

std::vector<LayerRow> rows_of(const models::Graph& graph) {
    std::vector<LayerRow> rows;
    for (const models::GraphNode& node : graph.nodes) {
        if (rows.empty() || rows.back().layer != node.layer) rows.push_back({.layer = node.layer});
        rows.back().add(node);
    }
    return rows;
}

void print_row(const std::string& layer, const std::string& output, const std::string& parameters,
               const std::string& macs, const std::string& activations) {
    fmt::print("{:<22} {:<22} {:>14} {:>18} {:>13}\n", layer, output, parameters, macs, activations);
}

/// With the batch in front: "(128, 3, 32, 32)".
std::string shape_text(const engine::Shape& shape, std::int64_t batch_size) {
    return fmt::format("({}, {})", batch_size, fmt::join(shape.begin(), shape.end(), ", "));
}

/// 0 is left out, so that the layers that cost something stand out.
std::string count_or_blank(std::int64_t count) { return count == 0 ? "" : with_commas(count); }

void print_layers(const models::Graph& graph, std::int64_t batch_size) {
    const auto kept = [&](std::int64_t bytes) {
        return bytes == 0 ? "" : memory_size(static_cast<double>(bytes) * static_cast<double>(batch_size));
    };
    print_row("layer", "output", "parameters", "MACs per image", "activations");
    print_row(graph.input, shape_text(graph.input_shape, batch_size), "", "",
              kept(graph.input_shape.numel() * static_cast<std::int64_t>(sizeof(float))));
    for (const LayerRow& row : rows_of(graph))
        print_row(row.layer, shape_text(row.output, batch_size), count_or_blank(row.parameters),
                  count_or_blank(row.macs), kept(row.kept_bytes));
    print_row("total", "", with_commas(graph.parameter_count()), with_commas(graph.macs()),
              kept(graph.kept_bytes()));
}

void print_memory(const TrainingMemory& memory, const Config& config) {
    fmt::print("\nmemory of a training step, batch {}, {}{}: at least\n", config.batch_size, config.optimizer,
               config.lookahead > 0 ? " with lookahead" : "");
    const std::pair<const char*, double> parts[] = {{"parameters", memory.parameters},
                                                    {"gradients", memory.gradients},
                                                    {"optimiser state", memory.optimizer},
                                                    {"activations", memory.activations},
                                                    {"sum", memory.total()}};
    for (const auto& [name, bytes] : parts) fmt::print("  {:<18} {:>12}\n", name, memory_size(bytes));
}

void summarize(const NetworkChoice& choice) {
    const Config config = resolve_config(choice.flags);
    const models::Graph graph = cifar10_graph(chosen_network(choice));
    print_layers(graph, config.batch_size);
    print_memory(training_memory(graph, config), config);
    fmt::print("\na forward pass of the batch: {:.3g} GFLOP, two for each multiply-accumulate\n",
               2e-9 * static_cast<double>(graph.macs()) * static_cast<double>(config.batch_size));
}

}  // namespace

Command add_summary(CLI::App& command) {
    auto choice = std::make_shared<NetworkChoice>();
    add_network_choice(command, *choice, {"batch-size", "optimizer", "lookahead"});
    return [choice] { summarize(*choice); };
}

}  // namespace apps
