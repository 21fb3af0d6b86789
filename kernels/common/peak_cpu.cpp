#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/common/peak_cpu.cpp"
#include <algorithm>
#include <chrono>
#include <vector>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel.h"
#include "kernels/common/peak.h"
#include "kernels/common/simd_loop-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using Vector = hn::Vec<hn::ScalableTag<float>>;

/// Independent chains of fused multiply-adds, enough to hide their latency, and few enough for the registers.
constexpr int chains = HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON ? 24 : 12;

/// Runs `steps` multiply-adds in each chain of each lane. The result serves only to be wanted.
float multiply_add(std::int64_t steps, float factor, float addend) {
    const hn::ScalableTag<float> d;
    const Vector factors = hn::Set(d, factor), addends = hn::Set(d, addend);
    Vector chain[chains];
#pragma GCC unroll 32
    for (int c = 0; c < chains; ++c) chain[c] = hn::Set(d, static_cast<float>(c));
    for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 32
        for (int c = 0; c < chains; ++c) chain[c] = hn::MulAdd(chain[c], factors, addends);
    }
    Vector sum = hn::Zero(d);
#pragma GCC unroll 32
    for (int c = 0; c < chains; ++c) sum = hn::Add(sum, chain[c]);
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

std::int64_t flops_per_step() {
    return 2 * chains * static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<float>()));
}

/// out = x + factor * y
void triad(float* out, const float* x, const float* y, float factor, std::int64_t count) {
    constexpr std::int64_t grain = 65536;
    parallel_chunks(count, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_each_vector(end - begin, [&](auto d, std::int64_t i) HWY_ATTR {
            const auto sum =
                hn::MulAdd(hn::Set(d, factor), hn::LoadU(d, y + begin + i), hn::LoadU(d, x + begin + i));
            hn::StoreU(sum, d, out + begin + i);
        });
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(multiply_add);
HWY_EXPORT(flops_per_step);
HWY_EXPORT(triad);

namespace {

/// Seconds of the fastest run of many, over 0.3 seconds: whatever else the machine does can only slow one.
template <typename Run>
double least_seconds(const Run& run) {
    using Clock = std::chrono::steady_clock;
    using Seconds = std::chrono::duration<double>;
    const Clock::time_point end = Clock::now() + std::chrono::milliseconds(300);
    double least = 1e9;
    for (Clock::time_point begin; (begin = Clock::now()) < end;) {
        run();
        least = std::min(least, Seconds(Clock::now() - begin).count());
    }
    return least;
}

double peak_flops() {
    constexpr std::int64_t steps = 100'000;
    const std::int64_t items = 8 * static_cast<std::int64_t>(threads());
    std::vector<float> results(static_cast<std::size_t>(items));
    const double seconds = least_seconds([&] {
        parallel_for(items, [&](std::int64_t i) {
            results[static_cast<std::size_t>(i)] = HWY_DYNAMIC_DISPATCH(multiply_add)(steps, 0.5F, 1.0F);
        });
    });
    return static_cast<double>(items * steps * HWY_DYNAMIC_DISPATCH(flops_per_step)()) / seconds;
}

double peak_bytes() {
    constexpr std::size_t count = (std::size_t{128} << 20) / 3 / sizeof(float);
    std::vector<float> out(count), x(count, 1.0F), y(count, 2.0F);
    const double seconds = least_seconds([&] {
        HWY_DYNAMIC_DISPATCH(triad)
        (out.data(), x.data(), y.data(), 3.0F, static_cast<std::int64_t>(count));
    });
    return 3.0 * count * sizeof(float) / seconds;
}

}  // namespace

Peaks measure_peaks() { return {peak_flops(), peak_bytes()}; }

}  // namespace kernels
#endif
