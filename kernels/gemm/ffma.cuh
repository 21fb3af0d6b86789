#pragma once

#include "kernels/gemm/layout.cuh"

namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// The product of two slices on the ordinary float32 units. The threads of a block stand in 8 rows and 16
/// columns, those of a warp in 4 rows and 8 columns:
///
///         warp 0 | warp 1        lane = 8 * row + column
///         -------+-------
///         warp 2 | warp 3
///
/// Each sums a rectangle of the block's tile in registers, so that a value from shared memory is used that
/// many times. Which rows and columns a thread has is chosen so that it loads 16 bytes at once, and a warp
/// without bank conflicts: neighbours where an operand lies AcrossDepth, 8 rows or 16 columns apart where it
/// lies AlongDepth.
template <typename A, typename B>
struct Ffma {
    static constexpr int depth = 4;  ///< that one step consumes
    static constexpr int thread_rows = 8, thread_columns = 16;
    static constexpr int rows = A::outers / thread_rows,
                         columns = B::outers / thread_columns;  ///< of a thread
    static constexpr int tile_rows = A::outers, tile_columns = B::outers;
    static constexpr int run = B::along_depth ? 1 : columns % 4 == 0 ? 4 : 2;  ///< neighbours among columns
    static constexpr int row_lanes = 8;     ///< neighbouring lanes that have the same rows
    static constexpr int row_warps = 2;     ///< warps that have the same rows
    static constexpr int column_warps = 2;  ///< warps that have the same columns

    struct FragmentA {
        float value[depth][rows];
    };
    struct FragmentB {
        float value[depth][columns];
    };
    struct Sums {
        float sum[rows][columns];
        __device__ __forceinline__ float value(int i, int j) const { return sum[i][j]; }
    };

    /// Row of the thread's i-th row, column of its j-th column in the tile.
    __device__ __forceinline__ static int row(int i) {
        return outer<A, thread_rows>(static_cast<int>(threadIdx.x / 64 * 4 + threadIdx.x / 8 % 4), i);
    }
    __device__ __forceinline__ static int column(int j) {
        return outer<B, thread_columns>(static_cast<int>(threadIdx.x / 32 % 2 * 8 + threadIdx.x % 8), j);
    }
    /// Which of the row_warps, and of the column_warps, this thread is in.
    __device__ __forceinline__ static int row_warp() { return static_cast<int>(threadIdx.x / 32 % 2); }
    __device__ __forceinline__ static int column_warp() { return static_cast<int>(threadIdx.x / 64); }

    __device__ __forceinline__ static void load_a(FragmentA& a, const float* tile, int first_depth) {
        load<A>(a.value, tile, first_depth, [](int i) { return row(i); });
    }
    __device__ __forceinline__ static void load_b(FragmentB& b, const float* tile, int first_depth) {
        load<B>(b.value, tile, first_depth, [](int j) { return column(j); });
    }

    __device__ __forceinline__ static void multiply(Sums& sums, const FragmentA& a, const FragmentB& b) {
        CIFAR_UNROLL
        for (int k = 0; k < depth; ++k) {
            CIFAR_UNROLL
            for (int i = 0; i < rows; ++i) {
                CIFAR_UNROLL
                for (int j = 0; j < columns; ++j)
                    sums.sum[i][j] = __fmaf_rn(a.value[k][i], b.value[k][j], sums.sum[i][j]);
            }
        }
    }

  private:
    /// Outer index number i of thread `thread` of `count`.
    template <typename Layout, int count>
    __device__ __forceinline__ static int outer(int thread, int i) {
        return Layout::along_depth ? thread + count * i : thread * (Layout::outers / count) + i;
    }

    template <typename Layout, int count, typename Outer>
    __device__ __forceinline__ static void load(float (&value)[depth][count], const float* tile,
                                                int first_depth, const Outer& outer_of) {
        if constexpr (Layout::along_depth) {
            CIFAR_UNROLL
            for (int i = 0; i < count; ++i) {
                const float4 v =
                    *reinterpret_cast<const float4*>(tile + Layout::place(outer_of(i), first_depth));
                value[0][i] = v.x;
                value[1][i] = v.y;
                value[2][i] = v.z;
                value[3][i] = v.w;
            }
        } else {
            CIFAR_UNROLL
            for (int k = 0; k < depth; ++k) load_line<Layout>(value[k], tile, first_depth + k, outer_of(0));
        }
    }

    /// `count` neighbours of a line.
    template <typename Layout, int count>
    __device__ __forceinline__ static void load_line(float (&value)[count], const float* tile, int line,
                                                     int first) {
        static_assert(count == 2 || count % 4 == 0);
        if constexpr (count == 2) {
            const float2 v = *reinterpret_cast<const float2*>(tile + Layout::place(first, line));
            value[0] = v.x;
            value[1] = v.y;
        } else {
            CIFAR_UNROLL
            for (int i = 0; i < count; i += 4) {
                const float4 v = *reinterpret_cast<const float4*>(tile + Layout::place(first + i, line));
                value[i] = v.x;
                value[i + 1] = v.y;
                value[i + 2] = v.z;
                value[i + 3] = v.w;
            }
        }
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
