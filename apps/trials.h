#pragma once

#include "apps/training_session.h"

namespace apps {

/// Throws CommandLineError if the seeds of so many trials are too large to be any.
void check_trials(const Config& config);

/// Trains config.trials networks that differ in their seeds alone, which count up from config.seed. Each is a
/// run of its own in a folder of `group.run`; the group's configuration, its summary and a report that
/// compares the runs are beside these. With `resuming` what has begun goes on, and the rest begins. Throws
/// what train() throws.
void train_trials(const TrainingSession& group, const ComputeDevice& compute);

}  // namespace apps
