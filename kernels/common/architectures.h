#pragma once

#include <string>
#include <vector>

namespace kernels {

/// A GPU of this machine. Compute capabilities are numbers here: 800 is 8.0, 1210 is 12.1.
struct Gpu {
    std::string name;
    int capability;
};

/// "NVIDIA H100 80GB HBM3, compute capability 9.0"
std::string description(const Gpu& gpu);

/// Throws DeviceError, naming all of both, unless the first of the GPUs can run a program that was compiled
/// for these capabilities: the lowest of them or anything newer. (Code for 8.0 runs on all of 8.x; for GPUs
/// that are newer than all, the driver compiles what the program brings along for the newest.)
void require_architecture(const std::vector<Gpu>& present, const std::vector<int>& built_for);

}  // namespace kernels
