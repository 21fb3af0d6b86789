#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/emulator/vector_types.h"

/// CUDA C++ as the host compiler sees it. Only .cu files include this (through kernels/common/cuda.h). The
/// names live in kernels::emulator, so that they can never be confused, by the linker, with CUDA's own in one
/// program.

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
namespace kernels::emulator {

// Constant for as long as a thread lives, and so for all its code: the compiler may keep them in registers.
// (No dim3: what has a constructor is not constant before it ran, and accesses to it would be instrumented.)
extern const uint3 threadIdx, blockIdx, blockDim, gridDim;
inline constexpr int warpSize = 32;

void* dynamic_shared_memory();

void __syncthreads();
int __syncthreads_count(int predicate);
int __syncthreads_and(int predicate);
int __syncthreads_or(int predicate);
void __syncwarp(unsigned mask = 0xffffffffU);
void __threadfence_block();
void __threadfence();
void __threadfence_system();

/// What the lanes of a warp do together. Each lane gives 64 bits and gets 64 bits.
enum class WarpOperation {
    sync,
    shuffle,
    shuffle_up,
    shuffle_down,
    shuffle_xor,
    ballot,
    all,
    any,
    match_any,
    reduce_add,
    reduce_min,
    reduce_max,
    reduce_min_signed,
    reduce_max_signed,
    reduce_and,
    reduce_or,
    reduce_xor,
    load_matrix,
    multiply_bf16,
    multiply_tf32,
};
std::uint64_t warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value, int argument = 0,
                             int width = 32);

namespace detail {

template <std::size_t bytes>
struct BitsOf;
template <>
struct BitsOf<2> {
    using Type = std::uint16_t;
};
template <>
struct BitsOf<4> {
    using Type = std::uint32_t;
};
template <>
struct BitsOf<8> {
    using Type = std::uint64_t;
};

template <typename T>
[[gnu::always_inline]] inline T shuffle(WarpOperation operation, unsigned mask, T value, int argument,
                                        int width) {
    using Bits = typename BitsOf<sizeof(T)>::Type;
    return std::bit_cast<T>(
        static_cast<Bits>(warp_operation(operation, mask, std::bit_cast<Bits>(value), argument, width)));
}

}  // namespace detail

template <typename T>
[[gnu::always_inline]] inline T __shfl_sync(unsigned mask, T value, int lane, int width = 32) {
    return detail::shuffle(WarpOperation::shuffle, mask, value, lane, width);
}
template <typename T>
[[gnu::always_inline]] inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return detail::shuffle(WarpOperation::shuffle_up, mask, value, static_cast<int>(delta), width);
}
template <typename T>
[[gnu::always_inline]] inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    return detail::shuffle(WarpOperation::shuffle_down, mask, value, static_cast<int>(delta), width);
}
template <typename T>
[[gnu::always_inline]] inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32) {
    return detail::shuffle(WarpOperation::shuffle_xor, mask, value, lane_mask, width);
}

[[gnu::always_inline]] inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return static_cast<unsigned>(warp_operation(WarpOperation::ballot, mask, predicate != 0));
}
[[gnu::always_inline]] inline int __all_sync(unsigned mask, int predicate) {
    return static_cast<int>(warp_operation(WarpOperation::all, mask, predicate != 0));
}
[[gnu::always_inline]] inline int __any_sync(unsigned mask, int predicate) {
    return static_cast<int>(warp_operation(WarpOperation::any, mask, predicate != 0));
}
template <typename T>
[[gnu::always_inline]] inline unsigned __match_any_sync(unsigned mask, T value) {
    using Bits = typename detail::BitsOf<sizeof(T)>::Type;
    return static_cast<unsigned>(warp_operation(WarpOperation::match_any, mask, std::bit_cast<Bits>(value)));
}

#define CIFAR_REDUCE(name, operation, T)                                                        \
    [[gnu::always_inline]] inline T name(unsigned mask, T value) {                              \
        return static_cast<T>(                                                                  \
            warp_operation(WarpOperation::operation, mask, static_cast<std::uint32_t>(value))); \
    }
CIFAR_REDUCE(__reduce_add_sync, reduce_add, unsigned)
CIFAR_REDUCE(__reduce_add_sync, reduce_add, int)
CIFAR_REDUCE(__reduce_min_sync, reduce_min, unsigned)
CIFAR_REDUCE(__reduce_min_sync, reduce_min_signed, int)
CIFAR_REDUCE(__reduce_max_sync, reduce_max, unsigned)
CIFAR_REDUCE(__reduce_max_sync, reduce_max_signed, int)
CIFAR_REDUCE(__reduce_and_sync, reduce_and, unsigned)
CIFAR_REDUCE(__reduce_or_sync, reduce_or, unsigned)
CIFAR_REDUCE(__reduce_xor_sync, reduce_xor, unsigned)
#undef CIFAR_REDUCE

int atomicAdd(int* address, int value);
unsigned atomicAdd(unsigned* address, unsigned value);
unsigned long long atomicAdd(unsigned long long* address, unsigned long long value);
float atomicAdd(float* address, float value);
double atomicAdd(double* address, double value);
int atomicSub(int* address, int value);
unsigned atomicSub(unsigned* address, unsigned value);
unsigned atomicInc(unsigned* address, unsigned limit);
unsigned atomicDec(unsigned* address, unsigned limit);
int atomicExch(int* address, int value);
unsigned atomicExch(unsigned* address, unsigned value);
unsigned long long atomicExch(unsigned long long* address, unsigned long long value);
float atomicExch(float* address, float value);
int atomicCAS(int* address, int expected, int value);
unsigned atomicCAS(unsigned* address, unsigned expected, unsigned value);
unsigned long long atomicCAS(unsigned long long* address, unsigned long long expected,
                             unsigned long long value);
#define CIFAR_ATOMIC_INTEGER(name)                       \
    int name(int* address, int value);                   \
    unsigned name(unsigned* address, unsigned value);    \
    long long name(long long* address, long long value); \
    unsigned long long name(unsigned long long* address, unsigned long long value);
CIFAR_ATOMIC_INTEGER(atomicMin)
CIFAR_ATOMIC_INTEGER(atomicMax)
CIFAR_ATOMIC_INTEGER(atomicAnd)
CIFAR_ATOMIC_INTEGER(atomicOr)
CIFAR_ATOMIC_INTEGER(atomicXor)
#undef CIFAR_ATOMIC_INTEGER

template <typename T>
[[gnu::always_inline]] inline T __ldg(const T* address) {
    return *address;
}
template <typename T>
[[gnu::always_inline]] inline T __ldcs(const T* address) {
    return *address;
}
template <typename T>
[[gnu::always_inline]] inline T __ldcg(const T* address) {
    return *address;
}
template <typename T>
[[gnu::always_inline]] inline void __stcs(T* address, T value) {
    *address = value;
}
template <typename T>
[[gnu::always_inline]] inline void __stcg(T* address, T value) {
    *address = value;
}

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
