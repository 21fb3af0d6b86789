#pragma once

#include "apps/dot.h"
#include "models/attention_net.h"

namespace apps {

/// Images in the batch whose step is drawn: with one, the last block's batch norm could have no variance.
inline constexpr std::int64_t drawn_batch_size = 2;

/// The autograd graph of one training step: runs the network and its loss on a batch, and draws what the
/// engine recorded for the backward pass. Ops have the shape of what they computed, as the engine has it:
/// images (N, H, W, C), filters (O, H, W, I). Arrows go the way of the forward pass; gradients go against
/// them.
DotGraph draw_step(const models::AttentionNetOptions& network);

/// The layers of a network, as models/graph.h lists them; shapes are for one image, (C, H, W).
DotGraph draw_model(const models::AttentionNetOptions& network);

}  // namespace apps
