#include "models/attention_net.h"

#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/add.h"
#include "engine/ops/flatten.h"
#include "engine/ops/max_pool.h"
#include "engine/ops/relu.h"

namespace models {

using namespace engine;

Block::Block(const BlockOptions& block_options)
    : AttentionConv(block_options.in_channels, block_options.out_channels), options(block_options) {
    norm = register_module(
        "norm", std::make_shared<nn::BatchNorm2d>(nn::BatchNorm2dOptions{.num_features = options.out_channels,
                                                                         .momentum = options.norm_momentum}));
}

Tensor Block::forward(const Tensor& x) {
    if (options.pool && options.pool_first) return (*norm)(max_pool(AttentionConv::forward(x), 2));
    if (options.pool && is_training()) {
        const auto [out, moments] = forward_with_moments(x);
        return norm->forward_max_pool(out, moments);
    }
    const Tensor convolved = AttentionConv::forward(x);
    if (options.pool) return norm->forward_max_pool(convolved);
    const Tensor normalised = (*norm)(convolved);
    return options.residual ? add(x, normalised) : normalised;
}

Classifier::Classifier(std::int64_t in_features, std::int64_t hidden, double dropout_probability,
                       std::int64_t classes)
    : fc1(register_module("fc1", std::make_shared<nn::Linear>(in_features, hidden))),
      fc2(register_module("fc2", std::make_shared<nn::Linear>(hidden, classes))),
      dropout(register_module("dropout", std::make_shared<nn::Dropout>(dropout_probability))) {}

Tensor Classifier::forward(const Tensor& x) { return (*fc2)((*dropout)(relu((*fc1)(x)))); }

std::vector<BlockOptions> blocks_of(const AttentionNetOptions& options) {
    if (!options.blocks.empty() && options.blocks.size() != options.widths.size())
        throw UsageError(std::to_string(options.blocks.size()) + " numbers of blocks for " +
                             std::to_string(options.widths.size()) + " widths",
                         "in AttentionNet", "give one of each for every stage");
    std::vector<BlockOptions> result;
    std::int64_t channels = options.in_channels;
    if (options.stem < 0)
        throw UsageError("a stem of " + std::to_string(options.stem) + " channels", "in AttentionNet",
                         "give 0 for none, or how many");
    if (options.stem > 0) {
        result.push_back({.in_channels = channels,
                          .out_channels = options.stem,
                          .pool = false,
                          .norm_momentum = options.norm_momentum});
        channels = options.stem;
    }
    for (std::size_t stage = 0; stage < options.widths.size(); ++stage) {
        const std::int64_t width = options.widths[stage];
        const std::int64_t blocks = options.blocks.empty() ? 1 : options.blocks[stage];
        if (width < 1 || blocks < 1)
            throw UsageError(std::to_string(blocks) + " blocks of width " + std::to_string(width),
                             "in AttentionNet", "both are at least 1");
        result.push_back({.in_channels = channels,
                          .out_channels = width,
                          .pool_first = options.pool_first,
                          .norm_momentum = options.norm_momentum});
        for (std::int64_t block = 1; block < blocks; ++block)
            result.push_back({.in_channels = width,
                              .out_channels = width,
                              .pool = false,
                              .residual = options.residual,
                              .norm_momentum = options.norm_momentum});
        channels = width;
    }
    return result;
}

AttentionNet::AttentionNet(const AttentionNetOptions& net_options) : options(net_options) {
    if (options.widths.empty() || options.hidden < 1 || options.classes < 1 || options.in_channels < 1)
        throw UsageError("a network without widths, hidden units, classes or input channels",
                         "in AttentionNet", "each is at least 1");
    backbone = register_module("backbone", std::make_shared<nn::Sequential>());
    for (const BlockOptions& block : blocks_of(options)) backbone->push_back(std::make_shared<Block>(block));
    classifier =
        register_module("classifier", std::make_shared<Classifier>(options.widths.back(), options.hidden,
                                                                   options.dropout, options.classes));
}

Tensor AttentionNet::forward(const Tensor& x) {
    return (*classifier)(flatten(adaptive_avg_pool((*backbone)(x), 1, 1)));
}

std::vector<Tensor> AttentionNet::attention(const Tensor& x) {
    std::vector<Tensor> weights;
    Tensor out = x;
    for (std::size_t i = 0; i < backbone->size(); ++i) {
        auto& block = static_cast<Block&>(*(*backbone)[i]);
        weights.push_back(block.attend(out));
        if (i + 1 < backbone->size()) out = block(out);
    }
    return weights;
}

}  // namespace models
