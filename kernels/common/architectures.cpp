#include "kernels/common/architectures.h"

#include <algorithm>

#include "kernels/common/device.h"

namespace kernels {
namespace {

std::string version(int capability) {
    return std::to_string(capability / 100) + "." + std::to_string(capability / 10 % 10);
}

/// "8.0, 9.0"
template <typename Items, typename Text>
std::string joined(const Items& items, const Text& text) {
    std::string result;
    for (const auto& item : items) result += (result.empty() ? "" : ", ") + text(item);
    return result;
}

}  // namespace

std::string description(const Gpu& gpu) {
    return gpu.name + ", compute capability " + version(gpu.capability);
}

void require_architecture(const std::vector<Gpu>& present, const std::vector<int>& built_for) {
    if (present.front().capability >= *std::min_element(built_for.begin(), built_for.end())) return;
    throw DeviceError("the GPU is older than what this program was built for, compute capability " +
                      joined(built_for, version) + " or newer, on this machine, which has " +
                      joined(present, [](const Gpu& gpu) { return description(gpu); }) +
                      ", use --device cpu, or build with CMAKE_CUDA_ARCHITECTURES for this GPU");
}

}  // namespace kernels
