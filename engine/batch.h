#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/ops/augment.h"
#include "engine/tensor.h"

namespace engine {

/// What one training step sees.
struct Batch {
    Tensor inputs;  ///< (N, ...) float32; images are (N, H, W, C). With a plan: images, uint8
    Tensor labels;  ///< (N) int64
    /// How the images become the input: Staging does that, where the model is. Nothing if they are it
    /// already.
    std::optional<AugmentPlan> plan = {};
    std::vector<std::int64_t> examples = {};  ///< their numbers in the source's data set, if it tells them

    std::int64_t size() const { return labels.numel(); }
};

/// Where a Trainer takes its batches from, epoch after epoch; data::DataLoader is one.
class BatchSource {
  public:
    virtual ~BatchSource() = default;

    /// Starts epoch `epoch` (from 0) at batch `first_batch`; both decide what follows, so that an interrupted
    /// epoch can be resumed.
    virtual void start_epoch(std::int64_t epoch, std::int64_t first_batch = 0) = 0;
    /// The next batch of this epoch, or false at its end.
    virtual bool next(Batch& batch) = 0;
    /// Is told what the model said of a batch of this epoch before its update: logits (N, classes), on the
    /// CPU. What it finds hard may decide what comes next epoch.
    virtual void on_trained(const Batch&, const Tensor&) {}
    /// Batches of a whole epoch.
    virtual std::int64_t batches() const = 0;
    /// Examples of a whole epoch.
    virtual std::int64_t examples() const = 0;
};

}  // namespace engine
