#pragma once

#include <string>

#include "apps/config.h"
#include "engine/tensor.h"

namespace apps {

struct ComputeDevice {
    engine::Device device;
    std::string description;  ///< for people: "cpu (AVX-512, 2 threads)"
    std::string note;         ///< "", or "; no GPU because ..." if `auto` had hoped for one
};

/// Prepares the device that the configuration asks for, with its threads. `auto` is the GPU, if this build
/// and this machine have one that works, else the cpu; it says what it took, and why no GPU.
/// Throws kernels::DeviceError if a device that was named is not there: nothing falls back in silence.
ComputeDevice use_device(const Config& config);

/// Prepares the arithmetic that the configuration asks for. Throws CommandLineError if the device has it not.
void use_precision(const Config& config, const ComputeDevice& compute);

/// For people: "float32", "float32, products in bf16".
std::string arithmetic_description();

}  // namespace apps
