#include "apps/training.h"

#include "apps/training_data.h"
#include "engine/optim/adam.h"
#include "engine/optim/sgd.h"
#include "models/initialise.h"
#include "models/model_file.h"

namespace apps {
namespace {

std::unique_ptr<engine::optim::Optimizer> make_optimizer(const Config& config,
                                                         engine::nn::NamedTensors parameters) {
    using namespace engine::optim;
    std::unique_ptr<Optimizer> optimizer;
    if (config.optimizer == "sgd")
        optimizer = std::make_unique<Sgd>(std::move(parameters),
                                          SgdOptions{config.lr, config.momentum, config.weight_decay});
    else
        optimizer = std::make_unique<Adam>(std::move(parameters),
                                           AdamOptions{.lr = config.lr,
                                                       .weight_decay = config.weight_decay,
                                                       .decoupled = config.optimizer == "adamw"});
    for (const auto& [suffix, factor] : config.lr_factors)
        optimizer->set_factor(suffix, &ParameterFactors::lr, factor);
    for (const auto& [suffix, factor] : config.decay_factors)
        optimizer->set_factor(suffix, &ParameterFactors::weight_decay, factor);
    return optimizer;
}

}  // namespace

void Training::initialise(const Config& config, const std::filesystem::path& data_directory) {
    for (const std::string& way : config.initialise) {
        if (way == "open-attention") models::open_attention(model);
        if (way == "dirac") models::dirac(model);
        if (way == "whitening") models::whiten(model, first_images(config, data_directory));
    }
    if (!config.init.empty()) models::load_values(config.init, model);
}

void Training::move_to(engine::Device device, const Config& config) {
    model.to(device);
    optimizer = make_optimizer(config, model.named_parameters());
}

}  // namespace apps
