#include <algorithm>

#include "kernels/common/simd_targets.h"
#include "kernels/conv2d/patches.h"
#include "kernels/gemm/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/patches_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls run(column, source, length) for each stretch of a patch row that lies contiguous in the input,
/// column counted from `tap`; source is the stretch's offset in the input, or -1 for padding. A filter row is
/// one stretch, with padding left and right of it at the border: neighbouring filter columns read
/// neighbouring pixels, whatever the stride.
template <typename Run>
HWY_INLINE void for_each_run(const Conv2dShape& shape, std::int64_t row, std::int64_t tap, std::int64_t taps,
                             const Run& run) {
    const std::int64_t pixel = row % (shape.out_height() * shape.out_width());
    const std::int64_t image = row / (shape.out_height() * shape.out_width());
    const std::int64_t top = pixel / shape.out_width() * shape.stride - shape.padding;
    const std::int64_t left = pixel % shape.out_width() * shape.stride - shape.padding;
    const std::int64_t filter_row_taps = shape.kernel * shape.in_channels;
    // Taps of a filter row that lie inside the image: [inside_begin, inside_end).
    const std::int64_t inside_begin = std::clamp<std::int64_t>(-left, 0, shape.kernel) * shape.in_channels;
    const std::int64_t inside_end =
        std::clamp<std::int64_t>(shape.width - left, 0, shape.kernel) * shape.in_channels;

    for (std::int64_t r = tap / filter_row_taps; r * filter_row_taps < tap + taps; ++r) {
        const std::int64_t first = std::max<std::int64_t>(tap - r * filter_row_taps, 0);
        const std::int64_t last = std::min(tap + taps - r * filter_row_taps, filter_row_taps);
        const std::int64_t column = r * filter_row_taps - tap;
        if (top + r < 0 || top + r >= shape.height || inside_begin >= inside_end) {
            run(column + first, -1, last - first);
            continue;
        }
        const std::int64_t source =
            ((image * shape.height + top + r) * shape.width + left) * shape.in_channels;
        const std::int64_t begin = std::clamp(inside_begin, first, last);
        const std::int64_t end = std::clamp(inside_end, first, last);
        if (first < begin) run(column + first, -1, begin - first);
        if (begin < end) run(column + begin, source + begin, end - begin);
        if (end < last) run(column + end, -1, last - end);
    }
}

void pack_patches(float* block, const float* x, const Conv2dShape& shape, std::int64_t row, std::int64_t rows,
                  std::int64_t tap, std::int64_t taps) {
    for (std::int64_t i = 0; i < rows; ++i) {
        float* patch = block + i * gemm_block_stride;
        for_each_run(shape, row + i, tap, taps,
                     [&](std::int64_t column, std::int64_t source, std::int64_t length) HWY_ATTR {
                         float* to = patch + column;
                         if (source < 0) {
                             for_each_vector(length, [&](auto d, std::int64_t j)
                                                         HWY_ATTR { hn::StoreU(hn::Zero(d), d, to + j); });
                         } else {
                             const float* from = x + source;
                             for_each_vector(length, [&](auto d, std::int64_t j) HWY_ATTR {
                                 hn::StoreU(hn::LoadU(d, from + j), d, to + j);
                             });
                         }
                     });
    }
}

void scatter_patches(float* d_x, const float* block, const Conv2dShape& shape, std::int64_t row,
                     std::int64_t rows, std::int64_t tap, std::int64_t taps) {
    for (std::int64_t i = 0; i < rows; ++i) {
        const float* patch = block + i * gemm_block_stride;
        for_each_run(shape, row + i, tap, taps,
                     [&](std::int64_t column, std::int64_t source, std::int64_t length) HWY_ATTR {
                         if (source < 0) return;
                         float* to = d_x + source;
                         const float* from = patch + column;
                         for_each_vector(length, [&](auto d, std::int64_t j) HWY_ATTR {
                             hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::LoadU(d, from + j)), d, to + j);
                         });
                     });
    }
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(pack_patches);
HWY_EXPORT(scatter_patches);

void cpu::pack_patches(float* block, const float* x, const Conv2dShape& shape, std::int64_t row,
                       std::int64_t rows, std::int64_t tap, std::int64_t taps) {
    HWY_DYNAMIC_DISPATCH(pack_patches)(block, x, shape, row, rows, tap, taps);
}

void cpu::scatter_patches(float* d_x, const float* block, const Conv2dShape& shape, std::int64_t row,
                          std::int64_t rows, std::int64_t tap, std::int64_t taps) {
    HWY_DYNAMIC_DISPATCH(scatter_patches)(d_x, block, shape, row, rows, tap, taps);
}

}  // namespace kernels
#endif
