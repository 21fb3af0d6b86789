#pragma once

#include <stdexcept>

namespace kernels {

/// Where a tensor's memory lies and where its kernels run.
enum class Device { cpu, cuda, emulated };

/// "cpu", "cuda" or "emulated".
const char* name(Device device);

/// A kernel or an allocation was asked of a device that this build or this machine does not have.
struct DeviceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace kernels
