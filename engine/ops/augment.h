#pragma once

#include <vector>

#include "engine/tensor.h"
#include "kernels/augment/augment.h"

namespace engine {

/// How images in bytes become the input of a network.
struct AugmentPlan {
    Tensor steps;                        ///< K for each of N images: augment_steps()
    std::vector<float> mean, deviation;  ///< of each channel
    std::int64_t height, width;          ///< of the result
};

/// A tensor that holds steps, on the CPU and not initialised: uint8 (images, steps, bytes of a step).
Tensor augment_steps(std::int64_t images, std::int64_t steps);
/// The steps in such a tensor: first those of the first image, in their order.
kernels::AugmentStep* steps_in(const Tensor& steps);

/// images uint8 (N, H, W, C) to float32 (N, height, width, C): each goes through its steps, as numbers from 0
/// to 1, then the mean is subtracted and the rest divided by the deviation. Has no gradient. Whether the
/// steps fit the images is not looked at: see kernels/augment/augment.h. Throws UsageError for tensors of
/// another shape, type or device, and for more than four channels.
Tensor augment(const Tensor& images, const AugmentPlan& plan);

}  // namespace engine
