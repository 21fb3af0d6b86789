#pragma once

#include <cmath>

#include "kernels/common/cuda.h"

/// What max_pool shares with ops that it is fused into.
namespace kernels::CIFAR_GPU_NAMESPACE {

/// Whether `value` replaces the `best` of the places before it.
__device__ __forceinline__ bool beats(float value, float best) { return value > best || std::isnan(value); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
