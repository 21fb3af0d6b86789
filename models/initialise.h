#pragma once

#include <string>
#include <vector>

#include "models/attention_net.h"

/// Ways to begin that are better than random numbers. Each changes some of a network's parameters in place,
/// which have to be on the CPU, and leaves the others as they are.
namespace models {

/// Every image gives every branch of every block the weight 1 at first: attention has weights 0 and biases 1.
/// By default a branch is off, weight and gradient, for about half of the images.
void open_attention(AttentionNet& net);

/// The first filters of conv1 hand the input's channels on, c to c, and the next ones their negatives, as far
/// as there are filters: rectified, the two together lose nothing. In all blocks with an input of their own,
/// that is without a residual sum. After torch.nn.init.dirac_ and Jordan, "94% on CIFAR-10 in 3.29 seconds on
/// a single GPU" (2024), 3.3.
void dirac(AttentionNet& net);

/// The first filters of the first block's conv1 whiten the 3x3 patches of these images (N, H, W,
/// in_channels): they are the eigenvectors of the patches' covariance, each over the root of its eigenvalue
/// plus 5e-4, the strongest first; the next filters are their negatives, as far as there are filters, and
/// both have no bias. After Jordan (2024), 3.2, and Page, "How to train your ResNet" (2019), part 8. Throws
/// UsageError if the images do not fit.
void whiten(AttentionNet& net, const engine::Tensor& images);

}  // namespace models
