#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/nn/module.h"
#include "engine/optim/optimizer.h"
#include "engine/trainer.h"

namespace apps {

/// The network of the epoch with the highest test accuracy so far; of equal ones, of the first.
struct BestModel {
    std::int64_t epoch = 0;  ///< from 1; 0: none yet
    double test_accuracy = 0;
    engine::nn::NamedTensors values;  ///< copies
};

/// What a run needs to go on as if it had never stopped, besides the tensors of model and optimiser and the
/// default generator.
struct RunState {
    engine::TrainPosition position;
    BestModel best;
    std::int64_t train_examples = 0;  ///< of the data set
    engine::Tensor loader;            ///< data::DataLoader::state()
};

/// Writes all of it as one file, atomically: whenever the program is killed, there is one consistent state.
/// No time or speed is in it: the same training writes the same bytes.
void save_state(const std::filesystem::path& path, const RunState& state, const engine::nn::Module& model,
                const engine::optim::Optimizer& optimizer);

/// Restores model, optimiser and default generator, and returns the rest. Throws InputError if the file is
/// missing, damaged, or of another network.
RunState load_state(const std::filesystem::path& path, engine::nn::Module& model,
                    engine::optim::Optimizer& optimizer);

}  // namespace apps
