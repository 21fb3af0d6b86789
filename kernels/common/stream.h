#pragma once

#include "kernels/common/cuda.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

/// The one stream that all kernels and copies of a training step go to, in program order. Kernels are
/// launched on it and nobody waits, except who needs a value on the host.
cudaStream_t work_stream();

/// Whether a graph was ever recorded: what it uses must then never be given back.
bool any_recorded();

/// Throws DeviceError, naming the call, the reason, the device, and what to do, unless `error` is success.
void require(cudaError_t error, const char* call,
             const char* remedy = "look at what the device reports, e.g. with nvidia-smi");

/// What to do where a kernel of ours is at fault.
inline constexpr const char* find_kernel =
    "find it with `./cifar_engine test --device cuda` or compute-sanitizer";

}  // namespace kernels::CIFAR_GPU_NAMESPACE
