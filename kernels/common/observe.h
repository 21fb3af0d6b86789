#pragma once

#include <chrono>
#include <string>

#include "kernels/common/device.h"
#include "kernels/common/runtime.h"

/// How a profiler sees kernels: each call tells an observer, if there is one, what it did and when.
namespace kernels {

using Clock = std::chrono::steady_clock;

/// What one call computes, by the op's definition (kernels/common/work.h).
struct Work {
    const char* kernel;  ///< "conv2d_forward"
    double flops;
    double bytes;                ///< between memory and processor, at least
    std::string shape;           ///< "128x32x32x3 to 32 channels"
    const char* algorithm = "";  ///< where the backend has several
};

struct KernelCall {
    Work work;
    Clock::time_point begin, end;
};

class KernelObserver {
  public:
    virtual void on_kernel(const KernelCall& call) = 0;

  protected:
    ~KernelObserver() = default;
};

/// Who is told of the kernels that this thread calls; null: nobody.
inline thread_local KernelObserver* kernel_observer = nullptr;

/// Calls run(), a kernel of `device`, and tells the observer, if there is one; describe() gives its Work, and
/// is called for nobody else. What a GPU does is then waited for, and measured by the GPU's own clock (CUDA
/// events): a profile shows kernels one by one, and not how they overlap with the host.
template <typename Run, typename Describe>
void run_observed(Device device, const Run& run, const Describe& describe) {
    if (kernel_observer == nullptr) return run();
    const double seconds = runtime(device).seconds_of(run);
    const Clock::time_point end = Clock::now();
    const auto duration = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    kernel_observer->on_kernel({describe(), end - duration, end});
}

}  // namespace kernels
