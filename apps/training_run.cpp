#include "apps/training_run.h"

#include <cmath>
#include <system_error>

#include "apps/interruption.h"
#include "apps/metrics_csv.h"
#include "apps/report/page.h"
#include "apps/terminal.h"
#include "engine/error.h"
#include "models/model_file.h"

namespace apps {
namespace {

engine::nn::NamedTensors copy_of_values(const engine::nn::Module& model) {
    engine::nn::NamedTensors values = model.state_dict();
    for (auto& [name, tensor] : values) tensor = tensor.clone();
    return values;
}

}  // namespace

TrainingRun::TrainingRun(const RunDirectory& directory, RunState state, Training& training,
                         const TrainingData& data, const ProgressOptions& progress, const ExtraFiles& extra)
    : directory_(directory),
      state_(std::move(state)),
      best_(state_.best),
      training_(training),
      loader_(*data.train),
      analysis_(training.result(), {data.measured, progress.split, data.train->examples()}),
      log_every_(progress.log_every),
      progress_(progress, directory.metrics()),
      split_(progress.split),
      metrics_(directory.metrics(), split_),
      keep_(extra.keep) {
    if (extra.tensorboard) tensorboard_.emplace(directory, split_, state_.position.step);
}

void TrainingRun::on_step(const engine::StepReport& report) {
    images_ += report.images;
    seconds_ += report.seconds;
    is_last_step_ = report.step == report.last_step;
    evaluation_follows_ = is_last_step_ || report.is_last_of_epoch;
    if (is_last_step_ || report.step % log_every_ == 0) {
        const double images_per_second = static_cast<double>(images_) / seconds_;
        metrics_.write_step(report, images_per_second);
        if (tensorboard_) tensorboard_->write_step(report, images_per_second);
        images_ = 0;
        seconds_ = 0;
    }
    show([&] { progress_.on_step(report); });
}

void TrainingRun::on_evaluated(const engine::Batch& batch, const engine::Tensor& logits) {
    analysis_.add(batch, logits);
}

void TrainingRun::on_epoch(const engine::EpochReport& report, const engine::TrainPosition& position) {
    if (!std::isfinite(report.test_loss))
        throw engine::DivergedError("the test loss is no longer a number", "at the end of an epoch",
                                    "lower the learning rate");
    state_.position = position;
    metrics_.write_epoch(report);
    write_metrics_csv(directory_.csv(), directory_.metrics(), split_);
    if (tensorboard_) tensorboard_->write_epoch(report, position.step);
    show([&] { progress_.on_epoch(report); });
    last_report_ = report;
    if (best_.epoch == 0 || report.test_accuracy > best_.test_accuracy) {
        best_ = {report.epoch, report.test_accuracy, copy_of_values(training_.result())};
        models::save_model(directory_.best(), training_.result());
    }
    // An epoch that max-steps cut short leaves no trace in the state: a longer training would not have had
    // it.
    if (position.batch == 0) {
        state_.best = best_;
        if (keep_ > 0) models::save_model(directory_.epoch(report.epoch), training_.result());
    }
    save_analysis(directory_.analysis(), analysis_.finish(report.epoch, position.step));
    save();
    // Not before the state is saved: until then a resume goes back to where the oldest was still kept.
    if (keep_ > 0) directory_.remove_epochs_except(position.epoch, keep_);
    renew_report();
    evaluation_follows_ = false;
}

void TrainingRun::on_test(const engine::MetricAccumulator& metrics, std::size_t views) {
    metrics_.write_test(metrics, views);
    metrics_.sync();
    if (tensorboard_) tensorboard_->write_test(metrics, state_.position.step);
    renew_report();
}

bool TrainingRun::stop_requested() {
    // An evaluation is followed by the next occasion to stop; after the last one there is nothing to stop.
    was_stopped_ = (interruption() != 0 || output_error_) && !evaluation_follows_ && !is_last_step_;
    return was_stopped_;
}

void TrainingRun::save_stopped(const engine::TrainPosition& position) {
    show([&] { progress_.pause(); });
    state_.position = position;
    save();
    renew_report();
}

void TrainingRun::show(const std::function<void()>& action) {
    try {
        action();
        check_output(stdout);
    } catch (const std::system_error&) {
        output_error_ = std::current_exception();
    }
}

void TrainingRun::save() {
    models::save_model(directory_.last(), training_.result());
    metrics_.sync();
    if (tensorboard_) tensorboard_->sync();
    state_.loader = loader_.state();
    save_state(directory_.state(), state_, training_.model, *training_.optimizer);
}

void TrainingRun::renew_report() const { write_report({directory_.path()}, directory_.report()); }

}  // namespace apps
