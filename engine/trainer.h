#pragma once

#include <cstdint>
#include <functional>

#include "engine/batch.h"
#include "engine/metrics.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/module.h"
#include "engine/optim/optimizer.h"
#include "engine/optim/schedule.h"
#include "engine/progressive_branches.h"
#include "engine/progressive_resizing.h"
#include "engine/train_step.h"

namespace engine {

/// How far a training has come. With the tensors of model and optimiser and the default generator, this is
/// all that a resume needs: the next batch is batch `batch` of epoch `epoch`.
struct TrainPosition {
    std::int64_t epoch = 0;  ///< epochs completed
    std::int64_t batch = 0;  ///< batches done in the current epoch
    std::int64_t step = 0;   ///< optimiser steps so far
    MetricSums sums;         ///< of the current epoch's batches, each before its update
};

struct StepReport {
    std::int64_t epoch;      ///< from 1
    std::int64_t step;       ///< from 1, counted over all epochs
    std::int64_t last_step;  ///< the number the whole training will end with
    bool is_last_of_epoch;   ///< an evaluation follows
    std::int64_t images;     ///< in this batch
    double loss, accuracy;   ///< of this batch, before its update
    double seconds;          ///< waiting for the batch, forward, backward, update
    double lr;               ///< the learning rate of this update
};

/// Where the seconds of an epoch went, by the host's clock. What is missing to all of them is the observer's:
/// it shows, and saves.
struct EpochTime {
    double data;                       ///< waiting for training batches
    double forward, backward, update;  ///< on a GPU only what it takes to ask for them
    double step;        ///< on a GPU: launching all three as one, and waiting for it; 0 on the CPU
    double evaluation;  ///< all of it, its batches included
};

struct EpochReport {
    std::int64_t epoch;  ///< from 1
    double train_loss,
        train_accuracy;  ///< over the epoch's batches, each before its update, with augmentation and dropout
    double test_loss, test_accuracy;  ///< in evaluation mode, at the end of the epoch
    double seconds;                   ///< training and evaluation, since the epoch was started or resumed
    EpochTime time;                   ///< in the same
};

/// What a training tells while it runs, and asks.
class TrainObserver {
  public:
    virtual ~TrainObserver() = default;
    virtual void on_step(const StepReport&) {}
    /// Each batch of the evaluation that ends an epoch, in the source's order, where the model is, with its
    /// logits (N, classes).
    virtual void on_evaluated(const Batch&, const Tensor&) {}
    /// After the evaluation that ends an epoch, also one that max_steps cut short; position is where the next
    /// step would be.
    virtual void on_epoch(const EpochReport&, const TrainPosition&) {}
    /// Asked after each step and after each epoch; true ends the training there, without (another)
    /// evaluation.
    virtual bool stop_requested() { return false; }
};

/// Is given each batch of an evaluation with its logits, as TrainObserver::on_evaluated is.
using EvaluatedBatch = std::function<void(const Batch& batch, const Tensor& logits)>;

struct FitOptions {
    std::int64_t epochs = 30;
    std::int64_t max_steps = 0;                    ///< in all; 0 means no limit
    optim::Schedule schedule = optim::Schedule();  ///< of the optimiser's learning rate, over all steps
    ProgressiveResizing resizing = ProgressiveResizing();  ///< of what is trained on, over all steps
    ProgressiveBranches branches = ProgressiveBranches();  ///< of the model, over all steps
};

/// The number of the step that ends such a training, with that many batches in an epoch.
std::int64_t last_step(const FitOptions& options, std::int64_t batches);

/// Trains a classifier.
class Trainer {
  public:
    /// All three outlive the trainer.
    Trainer(nn::Layer& model, optim::Optimizer& optimizer,
            nn::CrossEntropyLoss loss = nn::CrossEntropyLoss());

    /// Forward, backward, update, where the model is. Adds to `metrics` the loss and the correct predictions
    /// before the update, and returns the loss. Throws DivergedError if the loss is not finite, on the CPU
    /// before the update.
    double train_step(const Batch& batch, MetricAccumulator& metrics);

    /// From now on evaluations are of `network` instead of the one that is trained, such as an average of it
    /// (optim/ema.h); it is on the same device, and outlives the trainer.
    void measure(nn::Layer& network) { measured_ = &network; }

    /// Mean cross-entropy, never smoothed, and accuracy over one epoch of a source, in evaluation mode; the
    /// network's mode is restored.
    MetricAccumulator evaluate(BatchSource& source, const EvaluatedBatch& on_evaluated = {});

    /// Trains from `position` on, at the optimiser's learning rate times the schedule's factor, to the end of
    /// the last epoch, to max_steps, or until the observer asks to stop. Evaluates on `test` at each end but
    /// the last kind. Returns where it got to.
    TrainPosition fit(BatchSource& train, BatchSource& test, const FitOptions& options,
                      TrainPosition position, TrainObserver& observer);
    /// The same from the beginning, told to nobody.
    TrainPosition fit(BatchSource& train, BatchSource& test, const FitOptions& options);

  private:
    nn::Layer& model_;
    nn::Layer* measured_;
    optim::Optimizer& optimizer_;
    TrainStep step_;
};

}  // namespace engine
