#include <cstdint>

// What instrumented code calls for std::atomic and for the guards of statics, as in LLVM's
// compiler-rt/include/sanitizer/tsan_interface_atomic.h. Only the host part of a .cu file has such: device
// code uses atomicAdd and its kin. All orders are taken for the strongest.

// NOLINTBEGIN: names that are not ours to choose
#define CIFAR_ATOMICS(bits)                                                                              \
    using T##bits = std::uint##bits##_t;                                                                 \
    T##bits __tsan_atomic##bits##_load(const volatile T##bits* p, int) {                                 \
        return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                     \
    }                                                                                                    \
    void __tsan_atomic##bits##_store(volatile T##bits* p, T##bits v, int) {                              \
        __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                        \
    }                                                                                                    \
    T##bits __tsan_atomic##bits##_exchange(volatile T##bits* p, T##bits v, int) {                        \
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                              \
    }                                                                                                    \
    T##bits __tsan_atomic##bits##_fetch_add(volatile T##bits* p, T##bits v, int) {                       \
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                    \
    T##bits __tsan_atomic##bits##_fetch_sub(volatile T##bits* p, T##bits v, int) {                       \
        return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                    \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile T##bits* p, T##bits* old, T##bits v, int, \
                                                      int) {                                             \
        return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
    }                                                                                                    \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile T##bits* p, T##bits* old, T##bits v, int,   \
                                                    int) {                                               \
        return __atomic_compare_exchange_n(p, old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
    }

extern "C" {
CIFAR_ATOMICS(8)
CIFAR_ATOMICS(32)
CIFAR_ATOMICS(64)
}
// NOLINTEND
