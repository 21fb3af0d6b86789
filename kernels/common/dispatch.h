#pragma once

#include "kernels/common/device.h"

namespace kernels {

/// Throws DeviceError unless `device` is one that this build has kernels for.
void require_cpu(Device device);

}  // namespace kernels
