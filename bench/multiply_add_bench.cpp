// The roof over all products: what the processor's multiply-adds give in registers, of float32 and, where it
// has an instruction for them, of bf16 factors that are summed in float32. A precision whose instruction is
// no faster than float32's can only save memory.
#if defined(__x86_64__)

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <immintrin.h>

#include "bench/support/suite.h"
#include "kernels/common/parallel.h"

namespace bench {
namespace {

constexpr int lanes = 16, chains = 12;  // enough chains to hide the latency of a sum
constexpr std::int64_t steps = 100'000;

using Sum = float (*)(float factor);

/// Each chain from a number of its own, or the compiler would see that all are the same.
__attribute__((target("avx512f"))) void start(__m512 (&sums)[chains]) {
    for (int chain = 0; chain < chains; ++chain) sums[chain] = _mm512_set1_ps(static_cast<float>(chain));
}

__attribute__((target("avx512f"))) float total(const __m512 (&sums)[chains]) {
    float result = 0;
    for (const __m512& sum : sums) {
        float values[lanes];
        _mm512_storeu_ps(values, sum);
        for (const float value : values) result += value;
    }
    return result;
}

/// All sums of steps * factor^2, one for each chain and lane, added up.
__attribute__((target("avx512f"))) float sum_float32(float factor) {
    const __m512 factors = _mm512_set1_ps(factor);
    __m512 sums[chains];
    start(sums);
    for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
        for (__m512& sum : sums) sum = _mm512_fmadd_ps(factors, factors, sum);
    }
    return total(sums);
}

/// The same, where each lane multiplies two pairs.
__attribute__((target("avx512f,avx512bf16"))) float sum_bf16(float factor) {
    const __m512bh factors = _mm512_cvtne2ps_pbh(_mm512_set1_ps(factor), _mm512_set1_ps(factor));
    __m512 sums[chains];
    start(sums);
    for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
        for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factors, factors);
    }
    return total(sums);
}

void add_multiply_add(const char* precision, int threads, std::int64_t pairs, Sum sum) {
    const std::int64_t items = 8 * static_cast<std::int64_t>(threads);
    const std::int64_t products = lanes * chains * steps * pairs;
    const auto check = [=](const std::string& name) {
        constexpr float factor = 0.5F;  // of which every sum is exact
        constexpr int starts = lanes * chains * (chains - 1) / 2;
        const float expected = static_cast<float>(products) * factor * factor + starts;
        if (sum(factor) == expected) return;
        std::fprintf(stderr, "error: %s is not the sum of its products\n", name.c_str());
        std::exit(1);
    };
    add({"multiply_add", precision, "avx512", threads}, {0, 2.0 * static_cast<double>(items * products)},
        check, [=] {
            return [=, results = std::vector<float>(static_cast<std::size_t>(items))]() mutable {
                kernels::parallel_for(items, [&](std::int64_t i) {
                    results[static_cast<std::size_t>(i)] = sum(static_cast<float>(i));
                });
            };
        });
}

void add_benchmarks(int threads) {
    if (!__builtin_cpu_supports("avx512f")) return;
    add_multiply_add("float32", threads, 1, sum_float32);
    if (__builtin_cpu_supports("avx512bf16")) add_multiply_add("bf16", threads, 2, sum_bf16);
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench

#endif
