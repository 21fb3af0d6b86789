#include "kernels/common/launch.h"
#include "tests/emulator_kernels/runtime.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

__global__ void add_kernel(float* x, int size, float value) {
    for (const auto i : grid_stride_range(size)) x[i] += value;
}

__global__ void empty_kernel() {}
__global__ void another_empty_kernel() {}

__global__ void static_shared_kernel() {
    __shared__ float tile[10 << 10];
    float* first = tile;
    first[threadIdx.x] = 1;
}

}  // namespace

void add_value(float* x, int size, float value, cudaStream_t stream) {
    launch(add_kernel, grid_stride_shape(size, 64), stream, x, size, value);
}

void launch_shape(dim3 grid, dim3 block, std::size_t dynamic_shared_bytes) {
    launch(empty_kernel, {grid, block, dynamic_shared_bytes}, nullptr);
}

cudaError_t launch_without_opt_in(std::size_t dynamic_shared_bytes) {
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(1);
    config.blockDim = dim3(32);
    config.dynamicSmemBytes = dynamic_shared_bytes;
    return cudaLaunchKernelEx(&config, another_empty_kernel);
}

void launch_with_static_shared(std::size_t dynamic_shared_bytes) {
    launch(static_shared_kernel, {dim3(1), dim3(32), dynamic_shared_bytes}, nullptr);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
