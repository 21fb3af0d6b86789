#include "kernels/emulator/language.h"

#include <algorithm>
#include <cstring>

#include "kernels/emulator/calls.h"
#include "kernels/emulator/source_location.h"

// The built-in functions of device code that are more than arithmetic. Each notes the place it is called
// from.

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
namespace kernels::emulator {
namespace {

struct Votes {
    int for_it, all;
};

Votes barrier(int predicate, const void* site) {
    const std::uint64_t votes = in_emulator([&](Execution& e) { return e.block_barrier(predicate, site); });
    return {static_cast<int>(votes & 0xffffffffU), static_cast<int>(votes >> 32)};
}

void fence(bool device_wide) {
    in_emulator([&](Execution& e) { e.fence(device_wide); });
}

/// The old value; the new one is stored.
template <typename T, typename Change>
T update(T* address, const void* site, const Change& change) {
    in_emulator([&](Execution& e) {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        e.access(at, sizeof(T), true, Access::atomic, site);
    });
    const T old = *address;
    *address = change(old);
    return old;
}

}  // namespace

void* dynamic_shared_memory() { return Execution::instance().shared_memory().dynamic(); }

void __syncthreads() { barrier(0, __builtin_return_address(0)); }
int __syncthreads_count(int predicate) { return barrier(predicate, __builtin_return_address(0)).for_it; }
int __syncthreads_and(int predicate) {
    const Votes votes = barrier(predicate, __builtin_return_address(0));
    return static_cast<int>(votes.for_it == votes.all);
}
int __syncthreads_or(int predicate) {
    return static_cast<int>(barrier(predicate, __builtin_return_address(0)).for_it != 0);
}

void __threadfence_block() { fence(false); }
void __threadfence() { fence(true); }
void __threadfence_system() { fence(true); }

void __syncwarp(unsigned mask) {
    const Request request{WarpOperation::sync, mask, 0, 0, 32, 0};
    const void* site = __builtin_return_address(0);
    in_emulator([&](Execution& e) { return e.warp_operation(request, site); });
}

std::uint64_t warp_operation(WarpOperation operation, unsigned mask, std::uint64_t value, int argument,
                             int width) {
    const Request request{operation, mask, value, argument, width, 0};
    const void* site = __builtin_return_address(0);
    return in_emulator([&](Execution& e) { return e.warp_operation(request, site); });
}

// NOLINTBEGIN(bugprone-macro-parentheses): types and names
#define CIFAR_ATOMIC(name, T, result)                                       \
    T name(T* address, T value) {                                           \
        return update(address, __builtin_return_address(0),                 \
                      [&]([[maybe_unused]] T old) -> T { return result; }); \
    }
CIFAR_ATOMIC(atomicAdd, unsigned, old + value)
CIFAR_ATOMIC(atomicAdd, unsigned long long, old + value)
CIFAR_ATOMIC(atomicAdd, float, old + value)
CIFAR_ATOMIC(atomicAdd, double, old + value)
CIFAR_ATOMIC(atomicSub, unsigned, old - value)
CIFAR_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
CIFAR_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
// Integers wrap on a GPU; signed ones may not here.
CIFAR_ATOMIC(atomicAdd, int, static_cast<int>(static_cast<unsigned>(old) + static_cast<unsigned>(value)))
CIFAR_ATOMIC(atomicSub, int, static_cast<int>(static_cast<unsigned>(old) - static_cast<unsigned>(value)))
CIFAR_ATOMIC(atomicExch, int, value)
CIFAR_ATOMIC(atomicExch, unsigned, value)
CIFAR_ATOMIC(atomicExch, unsigned long long, value)
CIFAR_ATOMIC(atomicExch, float, value)

#define CIFAR_ATOMIC_INTEGERS(name, result) \
    CIFAR_ATOMIC(name, int, result)         \
    CIFAR_ATOMIC(name, unsigned, result)    \
    CIFAR_ATOMIC(name, long long, result)   \
    CIFAR_ATOMIC(name, unsigned long long, result)
CIFAR_ATOMIC_INTEGERS(atomicMin, std::min(old, value))
CIFAR_ATOMIC_INTEGERS(atomicMax, std::max(old, value))
CIFAR_ATOMIC_INTEGERS(atomicAnd, old& value)
CIFAR_ATOMIC_INTEGERS(atomicOr, old | value)
CIFAR_ATOMIC_INTEGERS(atomicXor, old ^ value)

#define CIFAR_ATOMIC_CAS(T)                                                       \
    T atomicCAS(T* address, T expected, T value) {                                \
        return update(address, __builtin_return_address(0),                       \
                      [&](T old) -> T { return old == expected ? value : old; }); \
    }
CIFAR_ATOMIC_CAS(int)
CIFAR_ATOMIC_CAS(unsigned)
CIFAR_ATOMIC_CAS(unsigned long long)
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
