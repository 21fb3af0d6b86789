#pragma once

#include "apps/config.h"
#include "models/graph.h"

namespace apps {

/// Bytes that a training step holds at the very least, by what they are for.
struct TrainingMemory {
    double parameters, gradients;
    double optimizer;    ///< its state: moments, a slow copy, an average
    double activations;  ///< what the forward leaves for the backward pass, and the batch
    double total() const { return parameters + gradients + optimizer + activations; }
};

/// Of a network, with the optimiser and the batch size of a configuration.
TrainingMemory training_memory(const models::Graph& network, const Config& config);

/// Throws engine::Error if this machine has less memory than that. Refused here it costs nothing; the system
/// would let it begin, and then kill whichever process it likes.
void require_memory(const TrainingMemory& needed);
/// The same for the training that a configuration describes.
void require_memory(const Config& config);

}  // namespace apps
