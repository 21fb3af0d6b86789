#include <algorithm>
#include <string>
#include <vector>

#include "kernels/common/device.h"
#include "kernels/common/gpu_runtime.h"
#include "kernels/common/stream.h"

// Is there a GPU, and does this program hold kernels that it can run?
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

// 800 is compute capability 8.0.
#ifdef __CUDA_ARCH_LIST__
constexpr int built_for[] = {__CUDA_ARCH_LIST__};
#else
constexpr int built_for[] = {800};
#endif

std::string version(int capability) {
    return std::to_string(capability / 100) + "." + std::to_string(capability / 10 % 10);
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

int capability_of(const cudaDeviceProp& properties) { return 100 * properties.major + 10 * properties.minor; }

cudaDeviceProp properties_of(int device) {
    cudaDeviceProp properties;
    require(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties",
            "look at what the device reports, e.g. with nvidia-smi");
    return properties;
}

std::string text_of(const cudaDeviceProp& properties) {
    return std::string(properties.name) + ", compute capability " + version(capability_of(properties));
}

/// Newer GPUs compile the PTX of the newest architecture we were built for; of those between, a GPU runs the
/// code of an architecture with the same major version.
bool can_run(int capability) {
    return capability >= *std::min_element(std::begin(built_for), std::end(built_for));
}

[[noreturn]] void refuse_too_old(int count) {
    std::vector<std::string> present, built;
    for (int device = 0; device < count; ++device) present.push_back(text_of(properties_of(device)));
    for (const int architecture : built_for) built.push_back(version(architecture));
    throw DeviceError(std::string("the GPU is older than what this program was built for, which is compute "
                                  "capability ") +
                      joined(built) + " and newer, on this machine, which has: " + joined(present) +
                      ", use --device cpu, or build with CMAKE_CUDA_ARCHITECTURES set to the GPU's");
}

}  // namespace

void require_usable() {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess || count == 0) {
        cudaGetLastError();
        throw DeviceError(std::string("there is no usable GPU: ") +
                          (error == cudaSuccess ? "none is installed" : cudaGetErrorString(error)) +
                          ", on this machine, check `nvidia-smi`, or use --device cpu");
    }
    if (!can_run(capability_of(properties_of(0)))) refuse_too_old(count);
}

std::string description() { return text_of(properties_of(0)); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
