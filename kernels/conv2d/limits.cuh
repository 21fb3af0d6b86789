#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "kernels/common/device.h"
#include "kernels/conv2d/conv2d.h"

namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Kernels number pixels, and the values of one filter bank, in 31 bits. Throws DeviceError if a convolution
/// has more.
inline void require_within_limits(const Conv2dShape& s) {
    constexpr std::int64_t most = (std::int64_t{1} << 31) - 1024;  // tiles reach a little beyond
    const std::int64_t padded = s.in_channels + 8;
    const std::int64_t largest = std::max(
        {s.images * s.height * s.width, s.rows(), (s.out_channels + 8) * s.kernel * s.kernel * padded});
    if (largest > most)
        throw DeviceError("a convolution has " + std::to_string(largest) +
                          " pixels or filter values, on device '" + name(this_device) +
                          "', which counts to 2^31: use smaller batches");
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
