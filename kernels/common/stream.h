#pragma once

#include "kernels/common/cuda.h"

namespace kernels::CIFAR_GPU_NAMESPACE {

/// The one stream that all kernels and copies of a training step go to, in program order. Kernels are
/// launched on it and nobody waits, except who needs a value on the host.
cudaStream_t work_stream();

}  // namespace kernels::CIFAR_GPU_NAMESPACE
