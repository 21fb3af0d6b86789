#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "kernels/common/device.h"

/// What a device has to offer besides kernels. Each backend has one, and kernels/common/dispatch.cpp knows
/// which there are.
///
/// On a GPU (and on the emulated one) kernels and copies are queued, in the order in which they are called,
/// on one stream of work; nobody waits for them but who says so here. All calls come from one thread.
namespace kernels {

/// A way for data from the host to the device that does not stop the work there: pinned memory, a stream of
/// its own, and events between that and the stream of work.
class Upload {
  public:
    virtual ~Upload() = default;
    /// Where the data is put; waits until what was there has been read.
    virtual std::byte* host() = 0;
    /// Starts to copy host()[offset, offset + bytes) to `out`, as soon as the kernels that were called before
    /// the last release() are done.
    virtual void start(void* out, std::size_t offset, std::size_t bytes) = 0;
    /// Kernels called from now on find what was started.
    virtual void finish() = 0;
    /// Kernels called until now are the last to use what was brought.
    virtual void release() = 0;
};

/// Work that was recorded to be launched as a whole, any number of times: a CUDA graph.
class Graph {
  public:
    virtual ~Graph() = default;
    virtual void launch() = 0;
};

class Runtime {
  public:
    /// Throws DeviceError, saying why and what to do, unless kernels can run on this machine.
    virtual void require_usable() = 0;
    /// "NVIDIA H100 80GB HBM3, compute capability 9.0"; of a device that is usable.
    virtual std::string description() = 0;

    /// Not initialised, on a boundary of at least `alignment` bytes (memory.h). Throws std::bad_alloc, or
    /// DeviceError that names the device.
    virtual void* allocate(std::size_t bytes) = 0;
    virtual void release(void* memory) noexcept = 0;
    /// Host memory that the device reaches without help: copies to and from it are queued like kernels.
    virtual std::byte* allocate_pinned(std::size_t bytes) = 0;
    virtual void release_pinned(std::byte* memory) noexcept = 0;

    virtual void fill_zero(void* memory, std::size_t bytes) = 0;
    /// Within the device, between memories that do not overlap.
    virtual void copy(void* out, const void* in, std::size_t bytes) = 0;
    /// From memory of the host, which may change as soon as this returns.
    virtual void copy_from_host(void* out, const void* in, std::size_t bytes) = 0;
    /// To any memory of the host; waits until it is there. Throws DeviceError if anything before it failed.
    virtual void copy_to_host(void* out, const void* in, std::size_t bytes) = 0;
    /// To pinned memory: it is there after the next synchronize().
    virtual void copy_to_pinned(std::byte* out, const void* in, std::size_t bytes) = 0;
    /// Waits for all that is queued. Throws DeviceError if any of it failed.
    virtual void synchronize() = 0;

    /// Runs `work`, kernels, and waits; how many seconds the device was busy with it, by its own clock.
    virtual double seconds_of(const std::function<void()>& work) = 0;
    virtual std::unique_ptr<Upload> make_upload(std::size_t bytes) = 0;
    /// Calls `work`, whose kernels and copies are recorded instead of done. It may not allocate, wait, or
    /// copy from or to memory of the host that is not pinned.
    virtual std::unique_ptr<Graph> record(const std::function<void()>& work) = 0;

  protected:
    ~Runtime() = default;
};

/// Throws DeviceError if this build has no kernels for the device.
Runtime& runtime(Device device);

namespace cpu {
Runtime& runtime();
}
namespace cuda {
Runtime& runtime();
}
namespace emulated {
Runtime& runtime();
}

}  // namespace kernels
