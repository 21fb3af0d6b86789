#pragma once

#include <cstddef>

#include "kernels/common/cuda.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

/// x[i] += value for i < size, on a stream.
void add_value(float* x, int size, float value, cudaStream_t stream);

// Launches of kernels that do nothing, of these shapes.
void launch_shape(dim3 grid, dim3 block, std::size_t dynamic_shared_bytes);
/// The same without what launch() does for more than 48 KiB.
cudaError_t launch_without_opt_in(std::size_t dynamic_shared_bytes);
/// 40 KiB of static shared memory, and this much of dynamic memory.
void launch_with_static_shared(std::size_t dynamic_shared_bytes);

}  // namespace kernels::CIFAR_GPU_NAMESPACE
