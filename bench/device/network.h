#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "kernels/common/observe.h"
#include "kernels/common/precision.h"
#include "models/attention_net.h"

/// A training step of the network on a GPU, taken apart into its kernels.
namespace bench {

struct DeviceOptions {
    kernels::Device device = kernels::Device::cuda;
    models::AttentionNetOptions network;
    std::int64_t batch_size = 128;
    kernels::Precision precision = kernels::Precision::fp32;
    int repetitions = 30;
    /// What is overwritten before each kernel: more than the second-level cache of any GPU holds.
    std::size_t flushed_bytes = std::size_t{256} << 20;
};

/// Random images and labels, on the CPU; the same in every run.
engine::Batch random_batch(const DeviceOptions& options, std::int64_t images);

/// Throws std::runtime_error unless a training step's loss and gradients on the device are those of the CPU.
void check_against_cpu(const DeviceOptions& options);

/// Seconds of repeated calls of one op with one shape.
struct Timing {
    kernels::Work work;
    std::vector<double> seconds;
    double median() const;
};

/// Seconds that the device is busy with `run`, by its own events; `flush` comes before each of the
/// repetitions, so that inputs come from memory, and the host is ahead of the device when the clock starts.
/// A few calls before that are not counted.
std::vector<double> time_on_device(const DeviceOptions& options, const std::function<void()>& run);

/// All kernels of a training step, in the order of their first call.
std::vector<Timing> time_step(const DeviceOptions& options);

}  // namespace bench
