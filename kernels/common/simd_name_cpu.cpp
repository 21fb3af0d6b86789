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

namespace {

std::string name_of(std::int64_t target) { return target == HWY_AVX3 ? "AVX-512" : hwy::TargetName(target); }

}  // namespace

// Asked the way kernels are called, so that it names the one that is called.
std::string simd_name() { return name_of(HWY_DYNAMIC_DISPATCH(compiled_target)()); }

std::vector<std::string> simd_targets() {
    std::vector<std::string> names;
    for (std::int64_t left = HWY_TARGETS; left != 0; left &= left - 1) names.push_back(name_of(left & -left));
    return names;
}

}  // namespace kernels
#endif
