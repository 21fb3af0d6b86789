#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/commands.h"
#include "apps/config.h"
#include "apps/terminal.h"
#include "data/cifar10.h"

namespace apps {
namespace {

struct LayerRow {
    std::string layer;
    std::vector<std::int64_t> output;  ///< as PyTorch's users know it: (N, C, H, W)
    std::int64_t macs;                 ///< multiply-accumulates of matrix products, for one image
    std::vector<std::string> holds;    ///< prefixes of its parameters' names
};

std::vector<LayerRow> block_rows(int index, const models::BlockOptions& block, std::int64_t side,
                                 std::int64_t n) {
    const std::string name = fmt::format("backbone.{}.", index);
    constexpr std::int64_t branches = 3, taps = 9;
    const std::int64_t in = block.in_channels, out = block.out_channels;
    std::vector<LayerRow> rows = {{name + "attention", {n, branches}, branches * in, {name + "attention."}},
                                  {name + "conv1+2+3 (fused)",
                                   {n, out, side, side},
                                   branches * taps * in * out * side * side,
                                   {name + "conv1.", name + "conv2.", name + "conv3."}},
                                  {name + "norm", {n, out, side, side}, 0, {name + "norm."}}};
    if (block.pool) rows.push_back({name + "pool", {n, out, side / 2, side / 2}, 0, {}});
    if (block.residual) rows.push_back({name + "sum", {n, out, side, side}, 0, {}});
    return rows;
}

std::vector<LayerRow> rows_of(const models::AttentionNetOptions& net, std::int64_t n) {
    std::vector<LayerRow> rows;
    std::int64_t side = data::cifar10_side;
    int index = 0;
    for (const models::BlockOptions& block : models::blocks_of(net)) {
        const std::vector<LayerRow> added = block_rows(index++, block, side, n);
        rows.insert(rows.end(), added.begin(), added.end());
        if (block.pool) side /= 2;
    }
    const std::int64_t channels = net.widths.back();
    rows.push_back({"global mean", {n, channels}, 0, {}});
    rows.push_back({"classifier.fc1", {n, net.hidden}, channels * net.hidden, {"classifier.fc1."}});
    rows.push_back({"classifier.dropout", {n, net.hidden}, 0, {}});
    rows.push_back({"classifier.fc2", {n, net.classes}, net.hidden * net.classes, {"classifier.fc2."}});
    return rows;
}

std::int64_t count_parameters(const engine::nn::Module& model, const std::vector<std::string>& prefixes) {
    std::int64_t count = 0;
    for (const auto& [name, parameter] : model.named_parameters())
        for (const std::string& prefix : prefixes)
            if (name.starts_with(prefix)) count += parameter.numel();
    return count;
}

void print_row(const std::string& layer, const std::string& output, const std::string& parameters,
               const std::string& macs) {
    fmt::print("{:<28} {:<22} {:>14} {:>18}\n", layer, output, parameters, macs);
}

/// 0 is left out, so that the layers that cost something stand out.
std::string count_or_blank(std::int64_t count) { return count == 0 ? "" : with_commas(count); }

void summarize(const Config& config) {
    const models::AttentionNet model(config.network());
    print_row("layer", "output", "parameters", "MACs per image");
    std::int64_t macs = 0;
    for (const LayerRow& row : rows_of(model.options, config.batch_size)) {
        print_row(row.layer, fmt::format("({})", fmt::join(row.output, ", ")),
                  count_or_blank(count_parameters(model, row.holds)), count_or_blank(row.macs));
        macs += row.macs;
    }
    const std::int64_t parameters = count_parameters(model, {""});
    print_row("total", "", with_commas(parameters), with_commas(macs));
    fmt::print("{} of parameters; a forward pass of {} images is {:.2f} GFLOP\n",
               memory_size(static_cast<double>(parameters) * sizeof(float)), config.batch_size,
               2e-9 * static_cast<double>(macs) * static_cast<double>(config.batch_size));
}

}  // namespace

Command add_summary(CLI::App& command) {
    auto flags = std::make_shared<Flags>();
    add_settings(command, *flags,
                 {"recipe", "model", "widths", "blocks", "residual", "hidden", "dropout", "batch-size"});
    return [flags] { summarize(resolve_config(*flags)); };
}

}  // namespace apps
