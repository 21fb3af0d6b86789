#pragma once

namespace kernels {

/// What the factors of a matrix product or convolution are rounded to. Tensors in memory are float32 and sums
/// are float32 always.
enum class Precision {
    fp32,  ///< not at all
    tf32,  ///< 10 bits of mantissa, on tensor cores
    bf16,  ///< 7 bits of mantissa, on tensor cores
};

/// "fp32", "tf32" or "bf16".
const char* name(Precision precision);

}  // namespace kernels
