#pragma once

#include <bit>

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
/// CUDA's built-in vector types, with their sizes and alignments.
namespace kernels::emulator {
namespace detail {

/// The bits of a vector, made in one piece: put together member by member where it is stored, it would be
/// seen as several narrow accesses where a GPU makes one.
template <typename Vector, typename Scalar, typename... More>
[[gnu::always_inline]] inline Vector make(Scalar x, More... more) {
    using Whole [[gnu::vector_size(sizeof(Vector))]] = Scalar;
    return std::bit_cast<Vector>(Whole{x, more...});
}

}  // namespace detail

#define CIFAR_VECTOR_TYPES(Scalar, name, alignment4)                                                         \
    struct alignas(2 * sizeof(Scalar)) name##2 {                                                             \
        Scalar x, y;                                                                                         \
    };                                                                                                       \
    struct name##3 {                                                                                         \
        Scalar x, y, z;                                                                                      \
    };                                                                                                       \
    struct alignas(alignment4) name##4 {                                                                     \
        Scalar x, y, z, w;                                                                                   \
    };                                                                                                       \
    [[gnu::always_inline]] inline name##2 make_##name##2(Scalar x, Scalar y) {                               \
        return detail::make<name##2>(x, y);                                                                  \
    }                                                                                                        \
    [[gnu::always_inline]] inline name##3 make_##name##3(Scalar x, Scalar y, Scalar z) { return {x, y, z}; } \
    [[gnu::always_inline]] inline name##4 make_##name##4(Scalar x, Scalar y, Scalar z, Scalar w) {           \
        return detail::make<name##4>(x, y, z, w);                                                            \
    }
CIFAR_VECTOR_TYPES(float, float, 16)
CIFAR_VECTOR_TYPES(int, int, 16)
CIFAR_VECTOR_TYPES(unsigned, uint, 16)
CIFAR_VECTOR_TYPES(unsigned short, ushort, 8)
CIFAR_VECTOR_TYPES(unsigned char, uchar, 4)
#undef CIFAR_VECTOR_TYPES

struct alignas(16) double2 {
    double x, y;
};
[[gnu::always_inline]] inline double2 make_double2(double x, double y) { return detail::make<double2>(x, y); }

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
        : x(width), y(height), z(depth) {}
    constexpr dim3(uint3 other) : x(other.x), y(other.y), z(other.z) {}
};

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
