#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/add/add_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/add/add.h"
#include "kernels/common/broadcast_loops.h"
#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void add_forward(const AddForward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    parallel_rows(shape, [&](std::int64_t out, std::int64_t x, std::int64_t y, std::int64_t count) HWY_ATTR {
        for_each_vector(count, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto left = load_broadcast(d, args.x + x, shape.x_stride[3], i);
            const auto right = load_broadcast(d, args.y + y, shape.y_stride[3], i);
            hn::StoreU(hn::Add(left, hn::Mul(hn::Set(d, args.alpha), right)), d, args.out + out + i);
        });
    });
}

/// target += factor * d_out, where the target has the shape of the output.
void add_scaled(float* target, float factor, const float* d_out, std::int64_t size) {
    parallel_chunks(size, elementwise_grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto gradient = hn::Mul(hn::Set(d, factor), hn::LoadU(d, d_out + begin + i));
            hn::StoreU(hn::Add(hn::LoadU(d, target + begin + i), gradient), d, target + begin + i);
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(add_forward);
HWY_EXPORT(add_scaled);

namespace {

void add_gradient(float* target, float factor, const float* d_out, const std::array<std::int64_t, 4>& extent,
                  const std::array<std::int64_t, 4>& stride) {
    if (!is_broadcast(extent, stride)) {
        HWY_DYNAMIC_DISPATCH(add_scaled)
        (target, factor, d_out, extent[0] * extent[1] * extent[2] * extent[3]);
        return;
    }
    parallel_reduce(target, extent, stride, stride,
                    [&](std::int64_t out, std::int64_t) { return factor * d_out[out]; });
}

}  // namespace

void cpu::add_forward(const AddForward<float>& args) { HWY_DYNAMIC_DISPATCH(add_forward)(args); }

void cpu::add_backward(const AddBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    if (args.d_x) add_gradient(args.d_x, 1.0F, args.d_out, shape.extent, shape.x_stride);
    if (args.d_y) add_gradient(args.d_y, args.alpha, args.d_out, shape.extent, shape.y_stride);
}

}  // namespace kernels
#endif
