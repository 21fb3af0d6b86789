#pragma once

#include "kernels/common/cuda.h"

/// How a slice of an operand lies in shared memory. A product is C = A B with A (rows, depth) and B (depth,
/// columns); an operand's *outer* index is the one that C keeps, row or column. Slices are copied as they lie
/// in global memory, 16 bytes (a chunk) at a time, so one of two indices runs along the lines:
///
///     AlongDepth: a line for each outer index        AcrossDepth: a line for each depth
///                 depth ->                                       outer ->
///         outer  [ . . . . ]                              depth [ . . . . . . . . ]
///           |    [ . . . . ]                                |   [ . . . . . . . . ]
///
/// Shared memory has 32 banks of 4 bytes: lines that are a multiple of 64 bytes apart would have their first
/// chunks in one or two places. So the chunks of a line are permuted, by an exclusive or with a key that
/// depends on the line. The keys are such that each of these is served without conflict:
///   - 8 threads that store or load neighbouring chunks of a line;
///   - 8 threads that load the same chunk of 8 neighbouring lines (ldmatrix, and float4 along the depth);
///   - the 32 floats that a warp loads for a TF32 fragment: 8 outer indices times 4 depths.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

#ifdef __CUDACC__
#define CIFAR_UNROLL _Pragma("unroll")
#else
#define CIFAR_UNROLL
#endif

/// Threads of a block, in all products.
inline constexpr int threads = 128;

/// Elements of a chunk.
template <typename T>
inline constexpr int chunk = static_cast<int>(16 / sizeof(T));

/// Where element `position` of line `line` stands, lines being `length` elements long.
template <typename T, int length>
__device__ __forceinline__ int swizzled(int line, int position) {
    constexpr int bytes = length * static_cast<int>(sizeof(T));
    static_assert(bytes == 64 || bytes % 128 == 0);
    const auto row = static_cast<unsigned>(line), column = static_cast<unsigned>(position);
    const unsigned key = bytes == 64 ? row / 2 % 4 : row * (sizeof(T) / 2) % 8;
    return static_cast<int>(row * length + ((column / chunk<T>)^key) * chunk<T> + column % chunk<T>);
}

template <typename T_, int outers_, int depths_>
struct AlongDepth {
    using T = T_;
    static constexpr bool along_depth = true;
    static constexpr int outers = outers_, depths = depths_;
    static constexpr int lines = outers, length = depths, size = lines * length;
    __device__ __forceinline__ static int place(int outer, int depth) {
        return swizzled<T, length>(outer, depth);
    }
};

template <typename T_, int outers_, int depths_>
struct AcrossDepth {
    using T = T_;
    static constexpr bool along_depth = false;
    static constexpr int outers = outers_, depths = depths_;
    static constexpr int lines = depths, length = outers, size = lines * length;
    __device__ __forceinline__ static int place(int outer, int depth) {
        return swizzled<T, length>(depth, outer);
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
