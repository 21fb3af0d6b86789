#pragma once

#include "kernels/common/ptx.h"
#include "kernels/gemm/layout.cuh"

namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// The product of two slices on tensor cores. The block's tile is cut into four, one part for each warp:
///
///         warp 0 | warp 1
///         -------+-------
///         warp 2 | warp 3
///
/// and a warp's part into tiles of 16x8, the size of mma. What a lane holds of one is said in ptx.h; of d it
/// has rows g and g+8 (g = lane/4), columns 2t and 2t+1 (t = lane%4).
template <typename A, typename B>
struct WarpTiles {
    static constexpr int high = A::outers / 32, wide = B::outers / 16;  ///< tiles of a warp
    static constexpr int rows = 2 * high, columns = 2 * wide;           ///< of a lane
    static constexpr int run = 2;                                       ///< neighbours among columns
    static constexpr int tile_rows = A::outers, tile_columns = B::outers;
    static constexpr int row_lanes = 4, row_warps = 2, column_warps = 2;
    static_assert(A::outers % 32 == 0 && B::outers % 32 == 0);

    struct Sums {
        float d[high][wide][4];
        __device__ __forceinline__ float value(int i, int j) const {
            return d[i / 2][j / 2][i % 2 * 2 + j % 2];
        }
    };

    __device__ __forceinline__ static int lane() { return static_cast<int>(threadIdx.x % 32); }
    __device__ __forceinline__ static int row_warp() { return static_cast<int>(threadIdx.x / 32 % 2); }
    __device__ __forceinline__ static int column_warp() { return static_cast<int>(threadIdx.x / 64); }
    /// First row, first column of one of the warp's tiles.
    __device__ __forceinline__ static int tile_row(int i) {
        return static_cast<int>(threadIdx.x / 64) * 16 * high + 16 * i;
    }
    __device__ __forceinline__ static int tile_column(int j) { return row_warp() * 8 * wide + 8 * j; }
    __device__ __forceinline__ static int row(int i) { return tile_row(i / 2) + i % 2 * 8 + lane() / 4; }
    __device__ __forceinline__ static int column(int j) {
        return tile_column(j / 2) + lane() % 4 * 2 + j % 2;
    }
};

/// Factors rounded to TF32 as they are loaded.
template <typename A, typename B>
struct Tf32 : WarpTiles<A, B> {
    using Tiles = WarpTiles<A, B>;
    static constexpr int depth = 8;

    struct FragmentA {
        unsigned a[Tiles::high][4];
    };
    struct FragmentB {
        unsigned b[Tiles::wide][2];
    };

    __device__ __forceinline__ static void load_a(FragmentA& fragment, const float* tile, int first_depth) {
        const int row = Tiles::lane() / 4, column = first_depth + Tiles::lane() % 4;
        CIFAR_UNROLL
        for (int i = 0; i < Tiles::high; ++i) {
            CIFAR_UNROLL
            for (int part = 0; part < 4; ++part)
                fragment.a[i][part] = ptx::to_tf32(
                    tile[A::place(Tiles::tile_row(i) + row + part % 2 * 8, column + part / 2 * 4)]);
        }
    }
    __device__ __forceinline__ static void load_b(FragmentB& fragment, const float* tile, int first_depth) {
        const int column = Tiles::lane() / 4, row = first_depth + Tiles::lane() % 4;
        CIFAR_UNROLL
        for (int j = 0; j < Tiles::wide; ++j) {
            CIFAR_UNROLL
            for (int part = 0; part < 2; ++part)
                fragment.b[j][part] =
                    ptx::to_tf32(tile[B::place(Tiles::tile_column(j) + column, row + part * 4)]);
        }
    }
    __device__ __forceinline__ static void multiply(typename Tiles::Sums& sums, const FragmentA& a,
                                                    const FragmentB& b) {
        CIFAR_UNROLL
        for (int i = 0; i < Tiles::high; ++i) {
            CIFAR_UNROLL
            for (int j = 0; j < Tiles::wide; ++j) ptx::mma_tf32(sums.d[i][j], a.a[i], b.b[j]);
        }
    }
};

/// Factors in shared memory as bf16. One ldmatrix loads four 8x8 matrices, those of one a or of two b:
///
///     a:  0 2    (depth to the right)       b:  0 2    (depth downward,
///         1 3                                   1 3     two tiles of 8 columns side by side)
///
/// Lanes 8m to 8m+7 name the eight lines of matrix m. Its lines must be what mma wants side by side in a
/// register, the depth; where an operand lies AcrossDepth they are not, and ldmatrix transposes.
template <typename A, typename B>
struct Bf16 : WarpTiles<A, B> {
    using Tiles = WarpTiles<A, B>;
    using Element = __nv_bfloat16;
    static constexpr int depth = 16;
    static_assert(Tiles::wide % 2 == 0);

    struct FragmentA {
        unsigned a[Tiles::high][4];
    };
    struct FragmentB {
        unsigned b[Tiles::wide / 2][4];  ///< of tile 2j the first two, of tile 2j+1 the others
    };

    __device__ __forceinline__ static void load_a(FragmentA& fragment, const Element* tile, int first_depth) {
        CIFAR_UNROLL
        for (int i = 0; i < Tiles::high; ++i) {
            const int matrix = Tiles::lane() / 8;
            load<A>(fragment.a[i], tile, Tiles::tile_row(i) + matrix % 2 * 8, first_depth + matrix / 2 * 8);
        }
    }
    __device__ __forceinline__ static void load_b(FragmentB& fragment, const Element* tile, int first_depth) {
        CIFAR_UNROLL
        for (int j = 0; j < Tiles::wide; j += 2) {
            const int matrix = Tiles::lane() / 8;
            load<B>(fragment.b[j / 2], tile, Tiles::tile_column(j) + matrix / 2 * 8,
                    first_depth + matrix % 2 * 8);
        }
    }
    __device__ __forceinline__ static void multiply(typename Tiles::Sums& sums, const FragmentA& a,
                                                    const FragmentB& b) {
        CIFAR_UNROLL
        for (int i = 0; i < Tiles::high; ++i) {
            CIFAR_UNROLL
            for (int j = 0; j < Tiles::wide; ++j) {
                const unsigned pair[2] = {b.b[j / 2][j % 2 * 2], b.b[j / 2][j % 2 * 2 + 1]};
                ptx::mma_bf16(sums.d[i][j], a.a[i], pair);
            }
        }
    }

  private:
    /// The lane's line of the matrix that begins at (outer, depth).
    template <typename Layout>
    __device__ __forceinline__ static void load(unsigned (&registers)[4], const Element* tile, int outer,
                                                int first_depth) {
        const int line = Tiles::lane() % 8;
        if constexpr (Layout::along_depth)
            ptx::ldmatrix(registers, tile + Layout::place(outer + line, first_depth));
        else
            ptx::ldmatrix_transposed(registers, tile + Layout::place(outer, first_depth + line));
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
