#include <string>

#include "kernels/common/device.h"
#include "kernels/common/stream.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constinit cudaStream_t stream = nullptr;

}  // namespace

// Made at the first use and never destroyed: whatever lives as long as the program may still use it. It does
// not wait for the default stream, which nothing here uses.
cudaStream_t work_stream() {
    if (stream == nullptr)
        require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags",
                "run `cifar_engine doctor` to see which devices there are");
    return stream;
}

void require(cudaError_t error, const char* call, const char* remedy) {
    if (error == cudaSuccess) return;
    cudaGetLastError();  // it is told once
    throw DeviceError(std::string(call) + ": " + cudaGetErrorString(error) + ", on device '" +
                      name(this_device) + "', " + remedy);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
