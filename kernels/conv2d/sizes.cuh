#pragma once

#include "kernels/conv2d/conv2d.h"
#include "kernels/gemm/bfloat16_copy.cuh"

namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// A shape's sizes as kernels count them. `places`: of a filter, its rows and columns together. `padded`:
/// channels as operands that are made of T number them (bfloat16_copy.cuh).
template <typename T>
struct Sizes {
    int pixels_in, pixels_out, in_channels, out_channels, places, padded_in, padded_out;

    explicit Sizes(const Conv2dShape& s)
        : pixels_in(static_cast<int>(s.images * s.height * s.width)),
          pixels_out(static_cast<int>(s.rows())),
          in_channels(static_cast<int>(s.in_channels)),
          out_channels(static_cast<int>(s.out_channels)),
          places(static_cast<int>(s.kernel * s.kernel)),
          padded_in(static_cast<int>(padded_channels<T>(s.in_channels))),
          padded_out(static_cast<int>(padded_channels<T>(s.out_channels))) {}
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
