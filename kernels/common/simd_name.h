#pragma once

#include <string>
#include <vector>

namespace kernels {

/// The instruction set that the CPU kernels run on here, as people call it: "AVX-512", "AVX2", "SSE2", or
/// Highway's name for those of other architectures.
std::string simd_name();

/// The names of all that they are compiled for, the newest first.
std::vector<std::string> simd_targets();

}  // namespace kernels
