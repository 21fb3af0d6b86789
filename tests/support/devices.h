#pragma once

#include <vector>

#include "kernels/common/device.h"

namespace test {

/// The devices besides the CPU that this build has and that work on this machine: the emulated one, and a
/// GPU.
inline std::vector<kernels::Device> other_devices() {
    std::vector<kernels::Device> devices;
    for (const kernels::Device device : kernels::built_devices()) {
        if (device == kernels::Device::cpu) continue;
        try {
            kernels::require_usable(device);
            devices.push_back(device);
        } catch (const kernels::DeviceError&) {
            continue;  // no GPU here
        }
    }
    return devices;
}

}  // namespace test
