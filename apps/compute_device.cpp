#include "apps/compute_device.h"

#include <fmt/format.h>

#include "kernels/common/device.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_name.h"

namespace apps {

void use_device(const Config& config) {
    if (config.device != "auto" && config.device != "cpu")
        throw kernels::DeviceError(fmt::format(
            "device '{}' is not there, in this build, which has kernels for the cpu only, use --device cpu",
            config.device));
    if (config.threads > 0) kernels::set_threads(static_cast<int>(config.threads));
}

std::string device_description() {
    const int threads = kernels::threads();
    return fmt::format("cpu ({}, {} thread{})", kernels::simd_name(), threads, threads == 1 ? "" : "s");
}

}  // namespace apps
