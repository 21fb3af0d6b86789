#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "engine/batch.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/module.h"
#include "engine/optim/optimizer.h"
#include "engine/precision.h"
#include "kernels/common/memory.h"
#include "kernels/common/runtime.h"

namespace engine {

/// Of one batch, before its update.
struct StepOutcome {
    double loss;
    std::int64_t correct;  ///< predictions
    Tensor logits;         ///< (N, classes), on the CPU
};

/// One training step after the other: forward, backward, update, where the model is.
///
/// On a GPU the first step with batches of a shape runs kernel by kernel (and so does the second if it left
/// memory taken that it did not find so). At the next the same calls are recorded as a graph, which does that
/// step and all later ones: the host then has one thing to launch
/// instead of a few hundred. What differs from step to step lies on the device, where the graph reads it and
/// counts it on: the batch, the number of the step, and the random streams. So model and optimiser must stay
/// where they are. While a profiler watches, every step runs kernel by kernel. See docs/cuda_runtime.md.
class TrainStep {
  public:
    /// All but the loss outlive this object.
    TrainStep(nn::Layer& model, optim::Optimizer& optimizer, nn::CrossEntropyLoss loss);
    TrainStep(const TrainStep&) = delete;
    TrainStep& operator=(const TrainStep&) = delete;

    /// Does the step or, on a GPU, queues it. The batch is on the model's device, or is brought there. Throws
    /// DivergedError, before the update, if the loss is not finite; on a GPU, finish() finds that.
    void start(const Batch& batch);
    /// Waits for the step that was started. Throws DivergedError if its loss is not finite: the parameters
    /// of a GPU's model are then no numbers any more. Throws UsageError if that is because of a label that is
    /// no class.
    StepOutcome finish();

  private:
    /// What a recorded step can be used for.
    struct Circumstances {
        Shape inputs;
        bool training;
        Precision precision;
        std::uint64_t seed;
        bool operator==(const Circumstances&) const = default;
    };
    struct Recorded {
        Circumstances circumstances;
        Batch batch;                            ///< where the graph finds its batch
        std::unique_ptr<kernels::Graph> graph;  ///< null until it is recorded
        bool settled = false;                   ///< a next step would ask for the same memory
        std::uint64_t streams = 0;              ///< that one launch draws from
    };

    void run(const Batch& batch);
    void bring_back(const Tensor& loss, const Tensor& correct, const Tensor& logits);
    void run_unrecorded(Recorded& step);
    void record(Recorded& step);
    void launch(const Recorded& step, const Batch& batch);

    nn::Layer& model_;
    optim::Optimizer& optimizer_;
    const nn::CrossEntropyLoss loss_;
    std::list<Recorded> recorded_;
    Batch batch_;  ///< of the step that was started
    std::int64_t classes_ = 0;
    StepOutcome outcome_{};  ///< of a step on the CPU
    // Made at the first step on a GPU:
    std::optional<kernels::PinnedMemory> outcome_memory_;
    std::size_t outcome_bytes_ = 0;   ///< of that
    Tensor stream_origin_;            ///< scalar int64: RelativeStreams
    std::uint64_t origin_there_ = 0;  ///< what it holds
};

}  // namespace engine
