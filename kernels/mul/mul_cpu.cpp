#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/mul/mul_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/broadcast_loops.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/mul/mul.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void mul_forward(const MulForward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    parallel_rows(shape, [&](std::int64_t out, std::int64_t x, std::int64_t y, std::int64_t count) HWY_ATTR {
        for_each_vector(count, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto left = load_broadcast(d, args.x + x, shape.x_stride[3], i);
            const auto right = load_broadcast(d, args.y + y, shape.y_stride[3], i);
            hn::StoreU(hn::Mul(left, right), d, args.out + out + i);
        });
    });
}

/// d_x += d_out * y where x has the shape of the output; y may be broadcast.
void add_product(float* d_x, const float* d_out, const float* y, const Broadcast& shape) {
    parallel_rows(shape,
                  [&](std::int64_t out, std::int64_t, std::int64_t other, std::int64_t count) HWY_ATTR {
                      for_each_vector(count, [&](auto d, std::int64_t i) HWY_ATTR {
                          const auto factor = load_broadcast(d, y + other, shape.y_stride[3], i);
                          const auto gradient = hn::Mul(hn::LoadU(d, d_out + out + i), factor);
                          hn::StoreU(hn::Add(hn::LoadU(d, d_x + out + i), gradient), d, d_x + out + i);
                      });
                  });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(mul_forward);
HWY_EXPORT(add_product);

namespace {

/// The gradient of the operand that shape calls x.
void mul_gradient(float* d_x, const float* d_out, const float* y, const Broadcast& shape) {
    if (!is_broadcast(shape.extent, shape.x_stride)) {
        HWY_DYNAMIC_DISPATCH(add_product)(d_x, d_out, y, shape);
        return;
    }
    parallel_reduce(d_x, shape.extent, shape.x_stride, shape.y_stride,
                    [&](std::int64_t out, std::int64_t other) { return d_out[out] * y[other]; });
}

}  // namespace

void cpu::mul_forward(const MulForward<float>& args) { HWY_DYNAMIC_DISPATCH(mul_forward)(args); }

void cpu::mul_backward(const MulBackward<float>& args) {
    const Broadcast shape = collapse(args.shape);
    const Broadcast swapped = {shape.extent, shape.y_stride, shape.x_stride};
    if (args.d_x) mul_gradient(args.d_x, args.d_out, args.y, shape);
    if (args.d_y) mul_gradient(args.d_y, args.d_out, args.x, swapped);
}

}  // namespace kernels
#endif
