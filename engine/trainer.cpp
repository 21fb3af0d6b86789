#include "engine/trainer.h"

#include <algorithm>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/profile.h"
#include "engine/staging.h"
#include "engine/timer.h"

namespace engine {

std::int64_t last_step(const FitOptions& options, std::int64_t batches) {
    const std::int64_t all_steps = options.epochs * batches;
    return options.max_steps > 0 ? std::min(all_steps, options.max_steps) : all_steps;
}

namespace {

bool next_batch(BatchSource& source, Batch& batch) {
    const PhaseScope phase(Phase::data);
    return source.next(batch);
}

/// Moves the learning rate by a schedule; in the end it is again what it was.
class ScheduledRate {
  public:
    ScheduledRate(optim::Optimizer& optimizer, const optim::Schedule& schedule)
        : optimizer_(optimizer), schedule_(schedule) {}
    ~ScheduledRate() { optimizer_.set_lr_scale(1); }
    ScheduledRate(const ScheduledRate&) = delete;
    ScheduledRate& operator=(const ScheduledRate&) = delete;

    void set(std::int64_t step, std::int64_t steps) const {
        optimizer_.set_lr_scale(schedule_.factor(step, steps));
    }

  private:
    optim::Optimizer& optimizer_;
    const optim::Schedule& schedule_;
};

/// Of an epoch before its evaluation.
EpochTime training_time(const PhaseTimer& phases) {
    return {phases.seconds(Phase::data),   phases.seconds(Phase::forward), phases.seconds(Phase::backward),
            phases.seconds(Phase::update), phases.seconds(Phase::step),    0};
}

void prefetch(Staging& staged) {
    const PhaseScope phase(Phase::data);
    staged.prefetch();
}

}  // namespace

Trainer::Trainer(nn::Layer& model, optim::Optimizer& optimizer, nn::CrossEntropyLoss loss)
    : model_(model), measured_(&model), optimizer_(optimizer), step_(model, optimizer, loss) {}

double Trainer::train_step(const Batch& batch, MetricAccumulator& metrics) {
    step_.start(batch);
    const StepOutcome outcome = step_.finish();
    metrics.add(outcome.loss, outcome.correct, batch.size());
    return outcome.loss;
}

MetricAccumulator Trainer::evaluate(BatchSource& source, const EvaluatedBatch& on_evaluated) {
    const NoGradGuard no_grad;
    const PhaseScope phase(Phase::evaluation);
    const bool was_training = measured_->is_training();
    measured_->eval();
    MetricAccumulator metrics;
    Staging staged(source, model_.device());
    staged.start_epoch(0);
    for (Batch batch; next_batch(staged, batch);) {
        const Tensor logits = (*measured_)(batch.inputs);
        const Tensor loss = nn::CrossEntropyLoss()(logits, batch.labels);
        const Tensor correct = count_correct_predictions(logits, batch.labels);
        if (on_evaluated) on_evaluated(batch, logits);
        prefetch(staged);
        metrics.add(loss.item(), static_cast<std::int64_t>(correct.item()), batch.size());
    }
    measured_->train(was_training);
    return metrics;
}

TrainPosition Trainer::fit(BatchSource& train, BatchSource& test, const FitOptions& options) {
    TrainObserver nobody;
    return fit(train, test, options, {}, nobody);
}

TrainPosition Trainer::fit(BatchSource& train, BatchSource& test, const FitOptions& options,
                           TrainPosition position, TrainObserver& observer) {
    const std::int64_t end = last_step(options, train.batches());
    // Stopped after its last step, an epoch still awaits its evaluation.
    const auto awaits_evaluation = [&] { return position.batch > 0 && position.batch == train.batches(); };
    const ScheduledRate rate(optimizer_, options.schedule);
    Staging staged(train, model_.device());
    model_.train();
    while (position.step < end || awaits_evaluation()) {
        const Timer epoch_timer;
        const PhaseTimer phases;
        MetricAccumulator metrics;
        metrics.restore(position.sums);
        staged.start_epoch(position.epoch, position.batch);
        while (position.batch < train.batches() && position.step < end) {
            const Timer step_timer;
            Batch batch;
            next_batch(staged, batch);
            rate.set(position.step, end);
            batch.inputs = options.resizing.resize(batch.inputs, position.step, end);
            options.branches.prepare(model_, position.step, end);
            step_.start(batch);
            prefetch(staged);
            const StepOutcome outcome = step_.finish();
            staged.on_trained(batch, outcome.logits);
            metrics.add(outcome.loss, outcome.correct, batch.size());
            ++position.batch;
            ++position.step;
            position.sums = metrics.sums();
            const auto correct = static_cast<double>(outcome.correct);
            observer.on_step({position.epoch + 1, position.step, end, position.batch == train.batches(),
                              batch.size(), outcome.loss, correct / static_cast<double>(batch.size()),
                              step_timer.seconds(), optimizer_.lr()});
            if (observer.stop_requested()) return position;
        }
        EpochTime time = training_time(phases);
        const Timer evaluation_timer;
        const MetricAccumulator tested = evaluate(
            test, [&](const Batch& batch, const Tensor& logits) { observer.on_evaluated(batch, logits); });
        time.evaluation = evaluation_timer.seconds();
        const EpochReport report{position.epoch + 1,
                                 metrics.mean_loss(),
                                 metrics.accuracy(),
                                 tested.mean_loss(),
                                 tested.accuracy(),
                                 epoch_timer.seconds(),
                                 time};
        if (position.batch == train.batches()) position = {position.epoch + 1, 0, position.step, {}};
        observer.on_epoch(report, position);
        if (observer.stop_requested()) return position;
    }
    return position;
}

}  // namespace engine
