#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/common/simd_name_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/simd_name.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {

std::int64_t compiled_target() { return static_cast<std::int64_t>(HWY_TARGET); }

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(compiled_target);

// Asked the way kernels are called, so that it names the one that is called.
std::string simd_name() {
    const std::int64_t target = HWY_DYNAMIC_DISPATCH(compiled_target)();
    return target == HWY_AVX3 ? "AVX-512" : hwy::TargetName(target);
}

}  // namespace kernels
#endif
