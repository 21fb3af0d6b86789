#pragma once

#include <chrono>
#include <string>

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

/// Calls run(), a kernel. describe() gives its Work, and is not called if nobody observes.
template <typename Run, typename Describe>
void run_observed(const Run& run, const Describe& describe) {
    if (kernel_observer == nullptr) return run();
    const Clock::time_point begin = Clock::now();
    run();
    const Clock::time_point end = Clock::now();
    kernel_observer->on_kernel({describe(), begin, end});
}

}  // namespace kernels
