#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace kernels {

/// Where a tensor's memory lies and where its kernels run.
enum class Device { cpu, cuda, emulated };

/// "cpu", "cuda" or "emulated".
const char* name(Device device);

/// The devices that this build has kernels for, the cpu first.
const std::vector<Device>& built_devices();

/// Throws DeviceError, saying why and what to do, unless the device is one of those and this machine has it.
void require_usable(Device device);

/// "cpu (AVX2, 2 threads)", "cuda (NVIDIA H100 80GB HBM3, compute capability 9.0)"; of a usable device.
std::string description(Device device);

/// A kernel or an allocation was asked of a device that this build or this machine does not have.
struct DeviceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace kernels
