#pragma once

#include <cstdint>
#include <string>

#include "apps/run_directory.h"
#include "engine/serialize/event_file.h"
#include "engine/trainer.h"

namespace apps {

/// What metrics.jsonl says, and the learning rate, as curves for TensorBoard: step/loss, epoch/train_loss and
/// so on, all over the number of optimiser steps. Every training, also one that was resumed, has an event
/// file of its own.
class TensorboardLog {
  public:
    /// `step`: how many were done before. Epochs are measured on `split`: its name is part of their tags.
    TensorboardLog(const RunDirectory& run, std::string split, std::int64_t step);

    void write_step(const engine::StepReport& report, double images_per_second);
    void write_epoch(const engine::EpochReport& report, std::int64_t step);
    /// What the trained network reaches on the test images.
    void write_test(const engine::MetricAccumulator& metrics, std::int64_t step);
    /// Waits until all is on the disk itself.
    void sync() { file_.sync(); }

    /// Brings all event files of a run back to where a saved state left them: what came after it goes, so
    /// that no step is told twice, and so does what was only written because training ended there.
    static void rewind(const RunDirectory& run, const engine::TrainPosition& position,
                       std::int64_t log_every);

  private:
    std::string split_;
    engine::EventFile file_;
};

}  // namespace apps
