#pragma once

#include <cstdlib>
#include <string_view>
#include <vector>

#include "kernels/common/device.h"

namespace test {

/// Whether this build has the device and it works on this machine.
inline bool is_usable(kernels::Device device) {
    try {
        kernels::require_usable(device);
        return true;
    } catch (const kernels::DeviceError&) {
        return false;
    }
}

/// The devices besides the CPU that this build has and that work on this machine: the emulated one, and a
/// GPU. With CIFAR_ENGINE_TEST_DEVICE=cuda, as `./cifar_engine test --device cuda` sets it, only that one,
/// which then has to be there.
inline std::vector<kernels::Device> other_devices() {
    const char* variable = std::getenv("CIFAR_ENGINE_TEST_DEVICE");
    const std::string_view only = variable == nullptr ? "" : variable;
    std::vector<kernels::Device> devices;
    for (const kernels::Device device : {kernels::Device::cuda, kernels::Device::emulated}) {
        if (!only.empty() && only != kernels::name(device)) continue;
        if (!only.empty()) kernels::require_usable(device);  // it throws, and says why
        if (is_usable(device)) devices.push_back(device);
    }
    return devices;
}

}  // namespace test
