#include "engine/trainer.h"

#include <algorithm>
#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/profile.h"
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

}  // namespace

Trainer::Trainer(nn::Layer& model, optim::Optimizer& optimizer, nn::CrossEntropyLoss loss)
    : model_(model), optimizer_(optimizer), loss_(loss) {}

double Trainer::train_step(const Batch& batch, MetricAccumulator& metrics) {
    PhaseScope phase(Phase::update);
    optimizer_.zero_grad();
    phase.change_to(Phase::forward);
    const Tensor logits = model_(batch.inputs);
    const Tensor loss = loss_(logits, batch.labels);
    const double value = loss.item();
    if (!std::isfinite(value))
        throw DivergedError("the loss became " + std::to_string(value), "in Trainer::train_step",
                            "lower the learning rate");
    metrics.add(value, correct_predictions(logits, batch.labels), batch.size());
    phase.change_to(Phase::backward);
    loss.backward();
    phase.change_to(Phase::update);
    optimizer_.step();
    return value;
}

MetricAccumulator Trainer::evaluate(BatchSource& source) {
    const NoGradGuard no_grad;
    const PhaseScope phase(Phase::evaluation);
    const bool was_training = model_.is_training();
    model_.eval();
    MetricAccumulator metrics;
    source.start_epoch(0);
    for (Batch batch; next_batch(source, batch);) {
        const Tensor logits = model_(batch.inputs);
        metrics.add(loss_(logits, batch.labels).item(), correct_predictions(logits, batch.labels),
                    batch.size());
    }
    model_.train(was_training);
    return metrics;
}

TrainPosition Trainer::fit(BatchSource& train, BatchSource& test, const FitOptions& options,
                           TrainPosition position, TrainObserver& observer) {
    const std::int64_t end = last_step(options, train.batches());
    // Stopped after its last step, an epoch still awaits its evaluation.
    const auto awaits_evaluation = [&] { return position.batch > 0 && position.batch == train.batches(); };
    model_.train();
    while (position.step < end || awaits_evaluation()) {
        Timer epoch_timer;
        MetricAccumulator metrics;
        metrics.restore(position.sums);
        train.start_epoch(position.epoch, position.batch);
        while (position.batch < train.batches() && position.step < end) {
            const Timer step_timer;
            Batch batch;
            next_batch(train, batch);
            const MetricSums before = metrics.sums();
            const double loss = train_step(batch, metrics);
            ++position.batch;
            ++position.step;
            position.sums = metrics.sums();
            const auto correct = static_cast<double>(position.sums.correct - before.correct);
            observer.on_step({position.epoch + 1, position.step, end, position.batch == train.batches(),
                              batch.size(), loss, correct / static_cast<double>(batch.size()),
                              step_timer.seconds()});
            if (observer.stop_requested()) return position;
        }
        const MetricAccumulator tested = evaluate(test);
        const EpochReport report{position.epoch + 1, metrics.mean_loss(), metrics.accuracy(),
                                 tested.mean_loss(), tested.accuracy(),   epoch_timer.seconds()};
        if (position.batch == train.batches()) position = {position.epoch + 1, 0, position.step, {}};
        observer.on_epoch(report, position);
        if (observer.stop_requested()) return position;
    }
    return position;
}

}  // namespace engine
