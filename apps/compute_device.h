#pragma once

#include "apps/config.h"

namespace apps {

/// Prepares the device that the configuration asks for, with its threads. Throws kernels::DeviceError if this
/// build or this machine does not have it: nothing falls back in silence.
void use_device(const Config& config);

/// For people: "cpu (AVX-512, 2 threads)".
std::string device_description();

}  // namespace apps
