#pragma once

#include <exception>
#include <functional>
#include <optional>

#include "apps/checkpoint.h"
#include "apps/metrics_log.h"
#include "apps/progress.h"
#include "apps/report/epoch_analysis.h"
#include "apps/run_directory.h"
#include "apps/tensorboard_log.h"
#include "apps/training.h"
#include "apps/training_data.h"
#include "engine/trainer.h"

namespace apps {

/// What a run leaves in its folder besides the usual.
struct ExtraFiles {
    std::int64_t keep = 0;     ///< models of the last so many epochs
    bool tensorboard = false;  ///< an event file
};

/// Accompanies a training: shows it, writes its metrics, saves its models, its state and its report at each
/// epoch's end and when it is interrupted.
class TrainingRun : public engine::TrainObserver {
  public:
    /// The directory, the training and its data outlive this object; `state` is where training starts.
    TrainingRun(const RunDirectory& directory, RunState state, Training& training, const TrainingData& data,
                const ProgressOptions& progress, const ExtraFiles& extra);

    void on_step(const engine::StepReport& report) override;
    void on_evaluated(const engine::Batch& batch, const engine::Tensor& logits) override;
    void on_epoch(const engine::EpochReport& report, const engine::TrainPosition& position) override;
    bool stop_requested() override;
    /// After the last epoch, if the test images are measured on their own.
    void on_test(const engine::MetricAccumulator& metrics, std::size_t views);

    /// True once stop_requested() was.
    bool was_stopped() const { return was_stopped_; }
    /// Why nothing can be shown any more, such as a reader that has gone; null while that works.
    const std::exception_ptr& output_error() const { return output_error_; }
    /// Saves where a training that was stopped got to.
    void save_stopped(const engine::TrainPosition& position);
    /// Of the last evaluation; empty before the first.
    const std::optional<engine::EpochReport>& last_report() const { return last_report_; }
    /// Of all epochs, also one that max-steps cut short.
    const BestModel& best() const { return best_; }

  private:
    /// Writes the last model, then the state.
    void save();
    /// Shows something. If that fails, training is to stop as if it were interrupted: what it learnt is
    /// saved.
    void show(const std::function<void()>& action);
    void renew_report() const;

    const RunDirectory& directory_;
    RunState state_;
    BestModel best_;
    Training& training_;
    const data::DataLoader& loader_;  ///< of the training images
    EpochAnalysis analysis_;
    std::int64_t log_every_;
    Progress progress_;
    std::string split_;
    MetricsLog metrics_;
    std::int64_t keep_;
    std::optional<TensorboardLog> tensorboard_;
    std::optional<engine::EpochReport> last_report_;
    std::int64_t images_ = 0;  ///< since the last step event
    double seconds_ = 0;       ///< of the same
    bool is_last_step_ = false;
    bool evaluation_follows_ = false;
    bool was_stopped_ = false;
    std::exception_ptr output_error_;
};

}  // namespace apps
