#include "apps/compute_device.h"

#include <algorithm>

#include "apps/command_line_error.h"
#include "engine/precision.h"
#include "kernels/common/device.h"
#include "kernels/common/parallel.h"

namespace apps {
namespace {

using engine::Device;
using engine::Precision;

ComputeDevice described(Device device) { return {device, kernels::description(device), ""}; }

bool is_built(Device device) {
    const auto& built = kernels::built_devices();
    return std::find(built.begin(), built.end(), device) != built.end();
}

ComputeDevice best_device() {
    ComputeDevice cpu = described(Device::cpu);
    if (!is_built(Device::cuda)) return cpu;
    try {
        kernels::require_usable(Device::cuda);
        return described(Device::cuda);
    } catch (const kernels::DeviceError& error) {
        cpu.note = std::string("; no GPU because ") + error.what();
        return cpu;
    }
}

}  // namespace

ComputeDevice use_device(const Config& config) {
    if (config.threads > 0) kernels::set_threads(static_cast<int>(config.threads));
    if (config.device == "auto") return best_device();
    for (const Device device : {Device::cpu, Device::cuda, Device::emulated}) {
        if (config.device != kernels::name(device)) continue;
        kernels::require_usable(device);
        return described(device);
    }
    throw kernels::DeviceError("device '" + config.device + "' is unknown, in --device, see train --help");
}

void use_precision(const Config& config, const ComputeDevice& compute) {
    if (compute.device == Device::cpu && config.precision != kernels::name(Precision::fp32))
        throw CommandLineError("--precision " + config.precision, "on device cpu, which has fp32 only",
                               "use --precision fp32");
    for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16})
        if (config.precision == kernels::name(precision)) engine::set_product_precision(precision);
}

std::string arithmetic_description() {
    const Precision precision = engine::product_precision();
    return precision == Precision::fp32 ? "float32"
                                        : std::string("float32, products in ") + kernels::name(precision);
}

}  // namespace apps
