#include "models/attention_net.h"

#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/flatten.h"
#include "engine/ops/relu.h"

namespace models {

using namespace engine;

Block::Block(std::int64_t in_channels, std::int64_t out_channels)
    : AttentionConv(in_channels, out_channels),
      norm(register_module("norm", std::make_shared<nn::BatchNorm2d>(out_channels))) {}

Tensor Block::forward(const Tensor& x) {
    if (!is_training()) return norm->forward_max_pool(AttentionConv::forward(x));
    const auto [out, moments] = forward_with_moments(x);
    return norm->forward_max_pool(out, moments);
}

Classifier::Classifier(std::int64_t in_features, std::int64_t hidden, double dropout_probability,
                       std::int64_t classes)
    : fc1(register_module("fc1", std::make_shared<nn::Linear>(in_features, hidden))),
      fc2(register_module("fc2", std::make_shared<nn::Linear>(hidden, classes))),
      dropout(register_module("dropout", std::make_shared<nn::Dropout>(dropout_probability))) {}

Tensor Classifier::forward(const Tensor& x) { return (*fc2)((*dropout)(relu((*fc1)(x)))); }

AttentionNet::AttentionNet(const AttentionNetOptions& net_options) : options(net_options) {
    if (options.widths.empty() || options.hidden < 1 || options.classes < 1 || options.in_channels < 1)
        throw UsageError("a network without widths, hidden units, classes or input channels",
                         "in AttentionNet", "each is at least 1");
    backbone = register_module("backbone", std::make_shared<nn::Sequential>());
    std::int64_t channels = options.in_channels;
    for (std::int64_t width : options.widths) {
        if (width < 1)
            throw UsageError("width " + std::to_string(width), "in AttentionNet", "widths are at least 1");
        backbone->push_back(std::make_shared<Block>(channels, width));
        channels = width;
    }
    classifier = register_module(
        "classifier",
        std::make_shared<Classifier>(channels, options.hidden, options.dropout, options.classes));
}

Tensor AttentionNet::forward(const Tensor& x) {
    return (*classifier)(flatten(adaptive_avg_pool((*backbone)(x), 1, 1)));
}

}  // namespace models
