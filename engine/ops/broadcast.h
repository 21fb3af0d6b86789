#pragma once

#include <string_view>

#include "engine/tensor.h"
#include "kernels/common/broadcast.h"

namespace engine {

/// How x and y spread over their common output; throws UsageError naming `op` if they do not fit together.
kernels::Broadcast broadcast(std::string_view op, const Tensor& x, const Tensor& y);

/// The shape of that output.
Shape broadcast_shape(const Tensor& x, const Tensor& y);

}  // namespace engine
