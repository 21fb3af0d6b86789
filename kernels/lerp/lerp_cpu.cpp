#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lerp/lerp_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/lerp/lerp.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void lerp(const Lerp<float>& args) {
    constexpr std::int64_t grain = 16384;  // below that, waking other threads takes longer
    const bool near = args.weight < 0.5F;
    const float share = near ? args.weight : args.weight - 1;
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto x = hn::LoadU(d, args.x + begin + i), towards = hn::LoadU(d, args.towards + begin + i);
            const auto change = hn::Mul(hn::Set(d, share), hn::Sub(towards, x));
            hn::StoreU(hn::Add(near ? x : towards, change), d, args.x + begin + i);
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(lerp);

void cpu::lerp(const Lerp<float>& args) { HWY_DYNAMIC_DISPATCH(lerp)(args); }

}  // namespace kernels
#endif
