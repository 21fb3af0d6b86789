#include "apps/training.h"

#include <algorithm>
#include <string>

#include "apps/command_line_error.h"
#include "engine/optim/adam.h"
#include "engine/optim/clipped.h"
#include "engine/optim/combined.h"
#include "engine/optim/ema.h"
#include "engine/optim/lookahead.h"
#include "engine/optim/muon.h"
#include "engine/optim/sgd.h"
#include "engine/progressive_branches.h"
#include "models/initialise.h"
#include "models/model_file.h"

namespace apps {
namespace {

using engine::nn::NamedTensors;
using engine::optim::Optimizer;

std::unique_ptr<Optimizer> make_sgd(const Config& config, NamedTensors parameters) {
    using namespace engine::optim;
    return std::make_unique<Sgd>(std::move(parameters),
                                 SgdOptions{config.lr, config.momentum, config.weight_decay});
}

std::unique_ptr<Optimizer> make_adam(const Config& config, NamedTensors parameters) {
    using namespace engine::optim;
    return std::make_unique<Adam>(
        std::move(parameters),
        AdamOptions{
            .lr = config.lr, .weight_decay = config.weight_decay, .decoupled = config.optimizer == "adamw"});
}

/// Muon for the filters of convolutions, and gradient descent for the rest.
std::unique_ptr<Optimizer> make_muon(const Config& config, NamedTensors parameters) {
    using namespace engine::optim;
    const auto rest = std::ranges::stable_partition(
        parameters, [](const auto& entry) { return entry.second.shape().rank() == 4; });
    const NamedTensors others(rest.begin(), rest.end());
    parameters.erase(rest.begin(), rest.end());
    std::vector<std::unique_ptr<Optimizer>> both;
    both.push_back(std::make_unique<Muon>(std::move(parameters),
                                          MuonOptions{config.lr, config.momentum, config.weight_decay}));
    both.push_back(make_sgd(config, others));
    return std::make_unique<Combined>(std::move(both));
}

std::unique_ptr<Optimizer> make_optimizer(const Config& config, NamedTensors parameters) {
    auto* const make = config.optimizer == "sgd"    ? make_sgd
                       : config.optimizer == "muon" ? make_muon
                                                    : make_adam;
    std::unique_ptr<Optimizer> optimizer = make(config, std::move(parameters));
    using engine::optim::ParameterFactors;
    if (config.clip_grad > 0)
        optimizer = std::make_unique<engine::optim::Clipped>(std::move(optimizer), config.clip_grad);
    if (config.lookahead > 0)
        optimizer = std::make_unique<engine::optim::Lookahead>(std::move(optimizer), config.lookahead);
    for (const auto& [suffix, factor] : config.lr_factors)
        optimizer->set_factor(suffix, &ParameterFactors::lr, factor);
    for (const auto& [suffix, factor] : config.decay_factors)
        optimizer->set_factor(suffix, &ParameterFactors::weight_decay, factor);
    return optimizer;
}

void check_factors(const char* flag, const Factors& factors, const models::AttentionNet& model) {
    const auto parameters = model.named_parameters();
    for (const auto& [suffix, factor] : factors)
        if (std::ranges::none_of(parameters,
                                 [&](const auto& entry) { return entry.first.ends_with(suffix); }))
            throw CommandLineError("no parameter's name ends with '" + suffix + "'",
                                   std::string("in ") + flag, "give the end of a name, like norm.bias");
}

}  // namespace

void Training::initialise(const Config& config, const TrainingData& data) {
    for (const std::string& way : config.initialise) {
        if (way == "open-attention") models::open_attention(model);
        if (way == "dirac") models::dirac(model);
        if (way == "whitening") models::whiten(model, first_images(data.training));
    }
    if (!config.init.empty()) models::load_values(config.init, model);
    // Left out before Lookahead and the average remember the values: theirs would bring the branches back.
    engine::ProgressiveBranches(config.progressive_branches).prepare(model, 0, 1);
}

void Training::move_to(engine::Device device, const Config& config) {
    check_factors("--lr-factors", config.lr_factors, model);
    check_factors("--decay-factors", config.decay_factors, model);
    model.to(device);
    optimizer = make_optimizer(config, model.named_parameters());
    if (config.ema == 0) return;
    average = std::make_unique<models::AttentionNet>(config.network());
    average->to(device);
    optimizer = std::make_unique<engine::optim::Ema>(std::move(optimizer), *average, model, config.ema);
}

}  // namespace apps
