#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/relu/relu_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/relu/relu.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t grain = 16384;

void relu_forward(const ReluForward<float>& args) {
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        const float* x = args.x + begin;
        float* out = args.out + begin;
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto value = hn::LoadU(d, x + i);
            // Not Max: of (NaN, 0) it may return either. NaN <= 0 is false, so here NaN stays.
            hn::StoreU(hn::IfThenZeroElse(hn::Le(value, hn::Zero(d)), value), d, out + i);
        });
    });
}

void relu_backward(const ReluBackward<float>& args) {
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        const float* d_out = args.d_out + begin;
        const float* out = args.out + begin;
        float* d_x = args.d_x + begin;
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto passes = hn::Gt(hn::LoadU(d, out + i), hn::Zero(d));
            const auto gradient = hn::IfThenElseZero(passes, hn::LoadU(d, d_out + i));
            hn::StoreU(hn::Add(hn::LoadU(d, d_x + i), gradient), d, d_x + i);
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(relu_forward);
HWY_EXPORT(relu_backward);

void cpu::relu_forward(const ReluForward<float>& args) { HWY_DYNAMIC_DISPATCH(relu_forward)(args); }
void cpu::relu_backward(const ReluBackward<float>& args) { HWY_DYNAMIC_DISPATCH(relu_backward)(args); }

}  // namespace kernels
#endif
