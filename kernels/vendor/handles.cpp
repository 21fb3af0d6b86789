#include "kernels/vendor/handles.h"

#include <limits>

#include "kernels/common/runtime.h"

namespace kernels::vendor {
namespace {

Runtime& usable_gpu() {
    kernels::require_usable(Device::cuda);
    return runtime(Device::cuda);
}

}  // namespace

cublasHandle_t cublas() {
    static const cublasHandle_t handle = [] {
        usable_gpu();
        cublasHandle_t made = nullptr;
        check(cublasCreate(&made), "cublasCreate");
        check(cublasSetStream(made, cuda::work_stream()), "cublasSetStream");
        return made;
    }();
    return handle;
}

cudnnHandle_t cudnn() {
    static const cudnnHandle_t handle = [] {
        usable_gpu();
        cudnnHandle_t made = nullptr;
        check(cudnnCreate(&made), "cudnnCreate");
        check(cudnnSetStream(made, cuda::work_stream()), "cudnnSetStream");
        return made;
    }();
    return handle;
}

void* workspace(std::size_t bytes) {
    static void* memory = nullptr;
    static std::size_t capacity = 0;
    if (bytes > capacity) {
        Runtime& gpu = usable_gpu();
        gpu.synchronize();
        gpu.release(memory);
        memory = nullptr;
        capacity = 0;
        memory = gpu.allocate(bytes);
        capacity = bytes;
    }
    return memory;
}

int as_int(std::int64_t value) {
    if (value > std::numeric_limits<int>::max())
        throw DeviceError("an extent of " + std::to_string(value) +
                          ", in a call of cuBLAS or cuDNN, which count in int, choose a smaller batch");
    return static_cast<int>(value);
}

void add_bias(float* out, const float* bias, std::int64_t rows, std::int64_t features) {
    const RowsDescriptor of_bias(1, features), of_out(rows, features);
    check(cudnnAddTensor(cudnn(), &one, of_bias.get(), bias, &one, of_out.get(), out), "cudnnAddTensor");
}

void add_bias_gradient(float* d_bias, const float* d_out, std::int64_t rows, std::int64_t features) {
    const RowsDescriptor of_bias(1, features), of_out(rows, features);
    check(cudnnConvolutionBackwardBias(cudnn(), &one, of_out.get(), d_out, &one, of_bias.get(), d_bias),
          "cudnnConvolutionBackwardBias");
}

}  // namespace kernels::vendor
