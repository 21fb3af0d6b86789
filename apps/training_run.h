#pragma once

#include <optional>

#include "apps/checkpoint.h"
#include "apps/metrics_log.h"
#include "apps/progress.h"
#include "apps/report/epoch_analysis.h"
#include "apps/run_directory.h"
#include "engine/trainer.h"
#include "models/attention_net.h"

namespace apps {

/// Accompanies a training: shows it, writes its metrics, saves its models, its state and its report at each
/// epoch's end and when it is interrupted.
class TrainingRun : public engine::TrainObserver {
  public:
    /// All but `state` and `progress` outlive this object; `state` is where training starts.
    TrainingRun(const RunDirectory& directory, RunState state, models::AttentionNet& model,
                const engine::optim::Optimizer& optimizer, const ProgressOptions& progress,
                AnalysedImages analysed);

    void on_step(const engine::StepReport& report) override;
    void on_evaluated(const engine::Batch& batch, const engine::Tensor& logits) override;
    void on_epoch(const engine::EpochReport& report, const engine::TrainPosition& position) override;
    bool stop_requested() override;
    /// After the last epoch, if the test images are measured on their own.
    void on_test(const engine::MetricAccumulator& metrics, std::size_t views);

    /// True once stop_requested() was.
    bool was_stopped() const { return was_stopped_; }
    /// Saves where a training that was stopped got to.
    void save_stopped(const engine::TrainPosition& position);
    /// Of the last evaluation; empty before the first.
    const std::optional<engine::EpochReport>& last_report() const { return last_report_; }
    /// Of all epochs, also one that max-steps cut short.
    const BestModel& best() const { return best_; }

  private:
    /// Writes the last model, then the state.
    void save();
    void renew_report() const;

    const RunDirectory& directory_;
    RunState state_;
    BestModel best_;
    models::AttentionNet& model_;
    const engine::optim::Optimizer& optimizer_;
    EpochAnalysis analysis_;
    std::int64_t log_every_;
    Progress progress_;
    MetricsLog metrics_;
    std::optional<engine::EpochReport> last_report_;
    std::int64_t images_ = 0;  ///< since the last step event
    double seconds_ = 0;       ///< of the same
    bool is_last_step_ = false;
    bool evaluation_follows_ = false;
    bool was_stopped_ = false;
};

}  // namespace apps
