#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/run_directory.h"
#include "data/locate.h"

namespace apps {

/// One training, from its configuration to its end.
struct TrainingSession {
    Config config;
    data::Location location;           ///< where `config.data` was found
    RunDirectory run;                  ///< what it leaves goes there
    bool resuming = false;             ///< go on with what is saved there
    std::filesystem::path resumed_by;  ///< what --resume takes to go on after an interruption
    std::string profile = {};          ///< the file of a trace; empty: none
    std::function<void()> begin = {};  ///< called before anything on the disk is changed, once all that was
                                       ///< asked for is there and fits; empty: nothing to do
};

/// Trains on the device and saves; prints what it does. Throws InputError, CommandLineError or IoError for
/// what cannot be had, DivergedError, and Interrupted after all is saved.
void train(TrainingSession session, const ComputeDevice& compute);

/// Saves a configuration such that it means the same from any folder, at any time: `location` is where its
/// `data` was found.
void save_config(Config config, const data::Location& location, const RunDirectory& run);

}  // namespace apps
