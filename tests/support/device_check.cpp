#include <cstdio>
#include <string_view>

#include "kernels/common/device.h"

// device_check DEVICE: says which device that is and ends with 0, or why it cannot be used and with 5.
int main(int argc, char** argv) {
    using kernels::Device;
    const std::string_view wanted = argc == 2 ? argv[1] : "";
    for (const Device device : {Device::cuda, Device::emulated}) {
        if (wanted != kernels::name(device)) continue;
        try {
            kernels::require_usable(device);
            std::printf("device: %s\n", kernels::description(device).c_str());
            return 0;
        } catch (const kernels::DeviceError& error) {
            std::fprintf(stderr, "error: %s\n", error.what());
            return 5;
        }
    }
    std::fprintf(stderr, "error: '%s' is no device to test, in --device, give cuda or emulated\n",
                 argc == 2 ? argv[1] : "");
    return 2;
}
