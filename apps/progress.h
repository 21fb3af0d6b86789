#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/animator/animator.h"
#include "engine/metrics.h"
#include "engine/timer.h"
#include "engine/trainer.h"

namespace apps {

struct ProgressOptions {
    std::int64_t epochs;
    std::int64_t batches;    ///< of a whole epoch
    std::int64_t last_step;  ///< that the training ends with
    std::int64_t log_every;  ///< steps between plain lines, and between points of a plot
    bool live;               ///< a bar and a plot that are redrawn, instead of plain lines
    std::string split;       ///< what epochs are measured on
};

/// Shows on standard output how a training comes along.
class Progress {
  public:
    /// Begins to measure time: to be made when training starts. A plot begins with what the run has written
    /// into `metrics` before.
    Progress(const ProgressOptions& options, const std::filesystem::path& metrics);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void on_step(const engine::StepReport& report);
    void on_epoch(const engine::EpochReport& report);
    /// Clears what is drawn away, before something else is printed.
    void pause();

  private:
    void draw();
    void print_line(const engine::StepReport& report);
    double images_per_second() const { return static_cast<double>(epoch_.count()) / train_seconds_; }
    /// Seconds to the end of training, evaluations included, as far as those so far can tell.
    double remaining_seconds() const;
    bool is_last_step() const { return step_ == options_.last_step; }

    ProgressOptions options_;
    std::optional<Animator> animator_;  ///< if live
    engine::Timer since_start_;
    engine::Timer since_drawn_;
    std::int64_t steps_seen_ = 0;
    std::int64_t step_ = 0;  ///< the last one
    bool is_drawn_ = false;
    engine::MetricAccumulator epoch_;  ///< of the steps shown since the epoch began
    double train_seconds_ = 0;         ///< of the same
};

}  // namespace apps
