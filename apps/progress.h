#pragma once

#include <cstdint>
#include <string>

#include "engine/metrics.h"
#include "engine/timer.h"
#include "engine/trainer.h"

namespace apps {

struct ProgressOptions {
    std::int64_t epochs;
    std::int64_t batches;    ///< of a whole epoch
    std::int64_t log_every;  ///< steps between plain lines
    bool live;               ///< a bar that is redrawn, instead of plain lines
    std::string split;       ///< what epochs are measured on
};

/// Shows on standard output how a training comes along.
class Progress {
  public:
    /// Begins to measure time: to be made when training starts.
    explicit Progress(const ProgressOptions& options) : options_(options) {}

    void on_step(const engine::StepReport& report);
    void on_epoch(const engine::EpochReport& report);
    /// Clears the bar away, before something else is printed.
    void pause();

  private:
    void draw_bar(const engine::StepReport& report);
    void print_line(const engine::StepReport& report);
    /// Seconds to the end of training, evaluations included, as far as those so far can tell.
    double remaining_seconds(const engine::StepReport& report) const;

    ProgressOptions options_;
    engine::Timer since_start_;
    engine::Timer since_drawn_;
    std::int64_t steps_seen_ = 0;
    bool is_drawn_ = false;
    engine::MetricAccumulator epoch_;  ///< of the steps shown since the epoch began
    double train_seconds_ = 0;         ///< of the same
};

}  // namespace apps
