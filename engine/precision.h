#pragma once

#include "kernels/common/precision.h"

namespace engine {

using kernels::Precision;

/// What linear and convolution layers round the factors of their products to, on devices that can: float32,
/// that is not at all, unless set otherwise. Sums, all that lies in memory, and linear layers with fewer than
/// 16 outputs are float32 always; the CPU knows nothing else.
Precision product_precision();
void set_product_precision(Precision precision);

}  // namespace engine
