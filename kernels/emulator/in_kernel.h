#pragma once

namespace kernels::emulator {

/// Does this thread of the host run a kernel's own code just now? Only then do instrumented accesses count:
/// the linker may give instrumented copies of inline functions to anybody.
extern constinit thread_local bool in_kernel;

/// While it lives, the emulator works for the kernel that called it.
class OutsideKernel {
  public:
    OutsideKernel() { in_kernel = false; }
    ~OutsideKernel() { in_kernel = true; }
    OutsideKernel(const OutsideKernel&) = delete;
    OutsideKernel& operator=(const OutsideKernel&) = delete;
};

}  // namespace kernels::emulator
