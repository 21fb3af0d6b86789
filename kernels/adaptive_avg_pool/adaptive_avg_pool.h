#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// Mean over bins. Output row i covers input rows floor(i*height/out_height) up to, not including,
/// ceil((i+1)*height/out_height), columns alike: PyTorch's bin edges; neighbouring bins may overlap.
struct AdaptiveAvgPoolShape {
    std::int64_t images, height, width, channels;
    std::int64_t out_height, out_width;
};

/// Input rows (or columns) [begin, end) of one bin.
struct PoolingBin {
    std::int64_t begin, end;
};

/// Bin number `index` of `bins` over `size` rows or columns: the edges above.
constexpr PoolingBin pooling_bin(std::int64_t index, std::int64_t size, std::int64_t bins) {
    return {index * size / bins, ((index + 1) * size + bins - 1) / bins};
}

template <typename T>
struct AdaptiveAvgPoolForward {
    T* out;      ///< (images, out_height, out_width, channels)
    const T* x;  ///< (images, height, width, channels)
    AdaptiveAvgPoolShape shape;
};

/// d_x += d_out / bin size, for each bin that holds the pixel.
template <typename T>
struct AdaptiveAvgPoolBackward {
    T* d_x;
    const T* d_out;
    AdaptiveAvgPoolShape shape;
};

void adaptive_avg_pool_forward(Device device, const AdaptiveAvgPoolForward<float>& args);
void adaptive_avg_pool_backward(Device device, const AdaptiveAvgPoolBackward<float>& args);

namespace reference {
template <typename T>
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<T>& args);
template <typename T>
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<T>& args);
}  // namespace reference

namespace cpu {
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args);
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args);
}  // namespace cpu

namespace cuda {
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args);
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args);
}  // namespace cuda

namespace emulated {
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args);
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args);
}  // namespace emulated

}  // namespace kernels
