#pragma once

#include <string>

namespace kernels {

/// The instruction set that the CPU kernels run on here, as people call it: "AVX-512", "AVX2", "SSE2", or
/// Highway's name for those of other architectures.
std::string simd_name();

}  // namespace kernels
