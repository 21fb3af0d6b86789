#pragma once

namespace kernels {

/// What the processor can do at most with threads() threads: the roof that kernels are measured against
/// (Williams, Waterman and Patterson, "Roofline", 2009).
struct Peaks {
    double flops_per_second;  ///< float32, of fused multiply-adds, two each, in registers
    double bytes_per_second;  ///< to and from memory, by STREAM's triad (McCalpin, 1995)
};

/// Measures both: takes 0.6 seconds and 128 MiB.
Peaks measure_peaks();

}  // namespace kernels
