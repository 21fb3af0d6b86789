#pragma once

#include <memory>

#include "apps/config.h"
#include "apps/training_data.h"
#include "engine/optim/optimizer.h"
#include "models/attention_net.h"

namespace apps {

/// What is trained, and by what.
struct Training {
    /// The parameters are drawn on the CPU, the same for every device.
    explicit Training(const Config& config) : model(config.network()) {}

    /// Sets those parameters that do not begin with random numbers, before move_to(). Throws what
    /// models::load_values throws for the file of --init.
    void initialise(const Config& config, const TrainingData& data);
    /// Brings the network to where it is trained, and makes its optimiser. Throws CommandLineError for
    /// factors that belong to no parameter.
    void move_to(engine::Device device, const Config& config);

    /// What is measured and saved for use: the average, if there is one.
    models::AttentionNet& result() { return average ? *average : model; }

    models::AttentionNet model;
    std::unique_ptr<models::AttentionNet> average;        ///< of --ema, which the optimiser moves
    std::unique_ptr<engine::optim::Optimizer> optimizer;  ///< null until it has been moved
};

}  // namespace apps
