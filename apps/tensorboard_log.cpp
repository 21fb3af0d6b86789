#include "apps/tensorboard_log.h"

namespace apps {

TensorboardLog::TensorboardLog(const RunDirectory& run, std::string split, std::int64_t step)
    : split_(std::move(split)), file_(run.new_event_file(), step + 1) {}

void TensorboardLog::write_step(const engine::StepReport& report, double images_per_second) {
    file_.write(report.step, {{"step/loss", report.loss},
                              {"step/accuracy", report.accuracy},
                              {"step/images_per_second", images_per_second},
                              {"step/learning_rate", report.lr}});
}

void TensorboardLog::write_epoch(const engine::EpochReport& report, std::int64_t step) {
    file_.write(step, {{"epoch/train_loss", report.train_loss},
                       {"epoch/train_accuracy", report.train_accuracy},
                       {"epoch/" + split_ + "_loss", report.test_loss},
                       {"epoch/" + split_ + "_accuracy", report.test_accuracy}});
}

void TensorboardLog::write_test(const engine::MetricAccumulator& metrics, std::int64_t step) {
    file_.write(step, {{"test/loss", metrics.mean_loss()}, {"test/accuracy", metrics.accuracy()}});
}

void TensorboardLog::rewind(const RunDirectory& run, const engine::TrainPosition& position,
                            std::int64_t log_every) {
    const auto keeps = [&](std::int64_t step, std::string_view tag) {
        if (step != position.step) return step < position.step;
        return tag.starts_with("step/") ? step % log_every == 0
                                        : tag.starts_with("epoch/") && position.batch == 0;
    };
    for (const auto& file : run.event_files()) engine::filter_event_file(file, keeps);
}

}  // namespace apps
