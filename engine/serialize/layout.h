#pragma once

#include "engine/tensor.h"

namespace engine {

/// From the layout inside to that of every border: images (N, H, W, C) -> (N, C, H, W), filters (O, H, W, I)
/// -> (O, I, H, W). From whatever device to the CPU, outside the graph; there, a tensor that has not four
/// dimensions is returned as it is.
Tensor to_channels_first(const Tensor& x);

/// The shape of what to_channels_first returns.
Shape channels_first_shape(const Shape& shape);

/// The inverse: (N, C, H, W) -> (N, H, W, C), (O, I, H, W) -> (O, H, W, I).
Tensor to_channels_last(const Tensor& x);

}  // namespace engine
