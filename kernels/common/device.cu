#include <iterator>
#include <string>
#include <vector>

#include "kernels/common/architectures.h"
#include "kernels/common/device.h"
#include "kernels/common/gpu_runtime.h"
#include "kernels/common/stream.h"

// Is there a GPU, and does this program hold kernels that it can run?
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr int built_for[] = {
#ifdef __CUDA_ARCH_LIST__
    __CUDA_ARCH_LIST__  // of nvcc: 800,900
#else
    800  // of the emulator
#endif
};

Gpu gpu(int device) {
    cudaDeviceProp properties{};
    require(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    return {properties.name, 100 * properties.major + 10 * properties.minor};
}

/// Why there is no GPU.
std::string reason(cudaError_t error) {
    int driver = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0) return "no NVIDIA driver is loaded";
    return error == cudaSuccess ? "none is installed" : cudaGetErrorString(error);
}

}  // namespace

void require_usable() {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess || count == 0) {
        cudaGetLastError();  // it is told here
        throw DeviceError("device 'cuda' has no usable GPU: " + reason(error) +
                          ", on this machine, check `nvidia-smi`, or use --device cpu");
    }
    std::vector<Gpu> present;
    for (int device = 0; device < count; ++device) present.push_back(gpu(device));
    require_architecture(present, {std::begin(built_for), std::end(built_for)});
}

std::string description() { return kernels::description(gpu(0)); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
