#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// x += weight * (towards - x) for each element, as torch.Tensor.lerp_ does: from a weight of 1/2 on computed
/// from the other end, so that 1 gives `towards` exactly.
template <typename T>
struct Lerp {
    T* x;
    const T* towards;
    T weight;  ///< 0 to 1
    std::int64_t size;
};

void lerp(Device device, const Lerp<float>& args);

namespace reference {
template <typename T>
void lerp(const Lerp<T>& args);
}

namespace cpu {
void lerp(const Lerp<float>& args);
}

namespace cuda {
void lerp(const Lerp<float>& args);
}

namespace emulated {
void lerp(const Lerp<float>& args);
}

}  // namespace kernels
