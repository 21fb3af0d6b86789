#pragma once

/// CUDA's built-in vector types, with their sizes and alignments.
namespace kernels::emulator {

/// Copies a whole vector in one access: the compiler would write a vector that was just put together member
/// by member, and the checks would see four narrow accesses where a GPU makes one.
template <unsigned bytes>
[[gnu::always_inline]] inline void copy_whole(void* to, const void* from) {
    // Where the compiler can tell that the target is misaligned, it would not call that an access of this width.
    __asm__("" : "+r"(to));
    if constexpr (bytes == 16) {
        using Whole [[gnu::vector_size(16), gnu::may_alias]] = float;
        *static_cast<Whole*>(to) = *static_cast<const Whole*>(from);
    } else if constexpr (bytes == 8) {
        using Whole [[gnu::may_alias]] = unsigned long long;
        *static_cast<Whole*>(to) = *static_cast<const Whole*>(from);
    } else {
        using Whole [[gnu::may_alias]] = unsigned;
        *static_cast<Whole*>(to) = *static_cast<const Whole*>(from);
    }
}

#define CIFAR_VECTOR_TYPES(Scalar, name, alignment4)                                                         \
    struct name##2 {                                                                                         \
        alignas(2 * sizeof(Scalar)) Scalar x;                                                                \
        Scalar y;                                                                                            \
        [[gnu::always_inline]] name##2 & operator=(const name##2 & other) {                                  \
            copy_whole<2 * sizeof(Scalar)>(this, &other);                                                    \
            return *this;                                                                                    \
        }                                                                                                    \
    };                                                                                                       \
    struct name##3 {                                                                                         \
        Scalar x, y, z;                                                                                      \
    };                                                                                                       \
    struct name##4 {                                                                                         \
        alignas(alignment4) Scalar x;                                                                        \
        Scalar y, z, w;                                                                                      \
        [[gnu::always_inline]] name##4 & operator=(const name##4 & other) {                                  \
            copy_whole<4 * sizeof(Scalar)>(this, &other);                                                    \
            return *this;                                                                                    \
        }                                                                                                    \
    };                                                                                                       \
    [[gnu::always_inline]] inline name##2 make_##name##2(Scalar x, Scalar y) { return {x, y}; }              \
    [[gnu::always_inline]] inline name##3 make_##name##3(Scalar x, Scalar y, Scalar z) { return {x, y, z}; } \
    [[gnu::always_inline]] inline name##4 make_##name##4(Scalar x, Scalar y, Scalar z, Scalar w) {           \
        return {x, y, z, w};                                                                                 \
    }

CIFAR_VECTOR_TYPES(float, float, 16)
CIFAR_VECTOR_TYPES(int, int, 16)
CIFAR_VECTOR_TYPES(unsigned, uint, 16)
#undef CIFAR_VECTOR_TYPES

struct double2 {
    alignas(16) double x;
    double y;
    [[gnu::always_inline]] double2& operator=(const double2& other) {
        copy_whole<16>(this, &other);
        return *this;
    }
};
[[gnu::always_inline]] inline double2 make_double2(double x, double y) { return {x, y}; }

struct uchar4 {
    alignas(4) unsigned char x;
    unsigned char y, z, w;
    [[gnu::always_inline]] uchar4& operator=(const uchar4& other) {
        copy_whole<4>(this, &other);
        return *this;
    }
};
[[gnu::always_inline]] inline uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z,
                                                 unsigned char w) {
    return {x, y, z, w};
}

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
        : x(width), y(height), z(depth) {}
    constexpr dim3(uint3 other) : x(other.x), y(other.y), z(other.z) {}
};

}  // namespace kernels::emulator
