#pragma once

#include <functional>
#include <memory>

#include "kernels/common/cuda.h"
#include "kernels/common/runtime.h"

/// The parts of a GPU's Runtime that have files of their own; for kernels/common/runtime.cu.
namespace kernels::CIFAR_GPU_NAMESPACE {

std::unique_ptr<Graph> record_graph(const std::function<void()>& work);
std::unique_ptr<Upload> make_upload(std::size_t bytes);
/// Throws DeviceError unless there is a GPU and this program has kernels for it.
void require_usable();
std::string description();

}  // namespace kernels::CIFAR_GPU_NAMESPACE
