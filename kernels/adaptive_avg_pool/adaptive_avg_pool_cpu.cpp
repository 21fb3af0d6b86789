#include <algorithm>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/adaptive_avg_pool/adaptive_avg_pool_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

float reciprocal_size(PoolingBin rows, PoolingBin columns) {
    return 1.0F / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
}

/// out[c] = mean over the bin of one image x. Each row of the bin is summed by itself first: adding numbers
/// of like size keeps the rounding error of a float sum small.
void average(float* out, const float* x, PoolingBin rows, PoolingBin columns, const AdaptiveAvgPoolShape& s) {
    const float scale = reciprocal_size(rows, columns);
    for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (std::int64_t y = rows.begin; y < rows.end; ++y) {
            auto row_sum = hn::Zero(d);
            for (std::int64_t i = columns.begin; i < columns.end; ++i) {
                row_sum = hn::Add(row_sum, hn::LoadU(d, x + (y * s.width + i) * s.channels + c));
            }
            sum = hn::Add(sum, row_sum);
        }
        hn::StoreU(hn::Mul(sum, hn::Set(d, scale)), d, out + c);
    });
}

/// The adjoint of average: d_x[pixel][c] += d_out[c] / bin size.
void spread(float* d_x, const float* d_out, PoolingBin rows, PoolingBin columns,
            const AdaptiveAvgPoolShape& s) {
    const float scale = reciprocal_size(rows, columns);
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
        for (std::int64_t i = columns.begin; i < columns.end; ++i) {
            float* pixel = d_x + (y * s.width + i) * s.channels;
            for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
                const auto share = hn::Mul(hn::LoadU(d, d_out + c), hn::Set(d, scale));
                hn::StoreU(hn::Add(hn::LoadU(d, pixel + c), share), d, pixel + c);
            });
        }
    }
}

/// Calls body(n) for each image, several to a work item where they are small. Whole images are work items
/// because neighbouring bins may share a row.
template <typename Body>
void for_each_image(const AdaptiveAvgPoolShape& s, const Body& body) {
    constexpr std::int64_t item_values = 65536;
    const std::int64_t image = std::max<std::int64_t>(s.height * s.width * s.channels, 1);
    parallel_chunks(s.images, std::max<std::int64_t>(item_values / image, 1),
                    [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t n = begin; n < end; ++n) body(n);
                    });
}

/// Calls bin(rows, columns, offset) for each bin of an image; offset is that of its value in the pooled
/// image.
template <typename Bin>
HWY_INLINE void for_each_bin(const AdaptiveAvgPoolShape& s, const Bin& bin) {
    for (std::int64_t i = 0; i < s.out_height; ++i)
        for (std::int64_t j = 0; j < s.out_width; ++j)
            bin(pooling_bin(i, s.height, s.out_height), pooling_bin(j, s.width, s.out_width),
                (i * s.out_width + j) * s.channels);
}

void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    for_each_image(s, [&](std::int64_t n) HWY_ATTR {
        const float* x = args.x + n * s.height * s.width * s.channels;
        float* out = args.out + n * s.out_height * s.out_width * s.channels;
        for_each_bin(s, [&](PoolingBin rows, PoolingBin columns, std::int64_t offset)
                            HWY_ATTR { average(out + offset, x, rows, columns, s); });
    });
}

void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    for_each_image(s, [&](std::int64_t n) HWY_ATTR {
        float* d_x = args.d_x + n * s.height * s.width * s.channels;
        const float* d_out = args.d_out + n * s.out_height * s.out_width * s.channels;
        for_each_bin(s, [&](PoolingBin rows, PoolingBin columns, std::int64_t offset)
                            HWY_ATTR { spread(d_x, d_out + offset, rows, columns, s); });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(adaptive_avg_pool_forward);
HWY_EXPORT(adaptive_avg_pool_backward);

void cpu::adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args) {
    HWY_DYNAMIC_DISPATCH(adaptive_avg_pool_forward)(args);
}
void cpu::adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args) {
    HWY_DYNAMIC_DISPATCH(adaptive_avg_pool_backward)(args);
}

}  // namespace kernels
#endif
