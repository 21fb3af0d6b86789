#pragma once

#include <cstdint>

#include "kernels/attention_conv/branches.cuh"
#include "kernels/attention_conv/column_moments.cuh"
#include "kernels/common/precision.h"
#include "kernels/common/ptx.h"
#include "kernels/gemm/epilogues.cuh"
#include "kernels/gemm/product.cuh"

/// What becomes of the tiles of three branches, which a thread holds for the same pixels and channels.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Where a byte of a tile stands in shared memory: rows of 32 bytes, of which every other four have their
/// chunks of 8 swapped, so that 8 rows that a warp stores 8 bytes of meet different banks.
template <typename Sums>
__device__ __forceinline__ int byte_place(int row, int column) {
    static_assert(Sums::tile_columns == 32);
    return row * Sums::tile_columns + (column ^ row / 4 % 2 * 8);
}

/// Stores a tile of bytes that lies in shared memory to a matrix (rows, columns). What a warp multiplied is
/// narrower than a sector; here it takes whole rows.
template <typename Sums, int width>
__device__ __forceinline__ void store_tile(std::uint8_t* __restrict__ out, const std::uint8_t* tile,
                                           int first_row, int first_column, int rows, int columns) {
    for (int t = static_cast<int>(threadIdx.x) * width; t < Sums::tile_rows * Sums::tile_columns;
         t += threads * width) {
        const int i = t / Sums::tile_columns, j = t % Sums::tile_columns;
        if (first_row + i < rows && first_column + j < columns)
            store(out + static_cast<std::int64_t>(first_row + i) * columns + first_column + j,
                  load<width>(tile + byte_place<Sums>(i, j)));
    }
}

/// The forward: out = sum over k of a_k relu(z_k), the bits of where z_k > 0, and the moments of each tile of
/// out if they are wanted; z_k = C_k + bias_k.
struct CombineBranches {
    float* out;
    std::uint8_t* active;
    float* moments;  ///< (tiles of rows, 2, columns), or null
    const float* bias[branches];
    Factors factors;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        auto* tile = dynamic_shared<std::uint8_t>();
        float value[Sums::rows][Sums::columns] = {};
        __syncthreads();  // until here it held slices
        for_each_run<Sums>(
            first_row, first_column, rows, columns, [&](int i, int j, int row, int column, auto width) {
                const float* a = factors.of_pixel(row);
                Pack<float, width.count> sum = {};
                Pack<std::uint8_t, width.count> bits = {};
                CIFAR_UNROLL
                for (int k = 0; k < branches; ++k) {
                    if (!factors.takes_part(a[k])) continue;
                    CIFAR_UNROLL
                    for (int c = 0; c < width.count; ++c) {
                        const float z = sums.value(k, i, j + c) + bias[k][column + c];
                        sum.lane[c] = __fmaf_rn(a[k], z <= 0 ? 0 : z, sum.lane[c]);  // NaN stays
                        bits.lane[c] = static_cast<std::uint8_t>(bits.lane[c] | (z > 0 ? 1 << k : 0));
                    }
                }
                store(out + static_cast<std::int64_t>(row) * columns + column, sum);
                store(tile + byte_place<Sums>(Sums::row(i), Sums::column(j)), bits);
                CIFAR_UNROLL
                for (int c = 0; c < width.count; ++c) value[i][j + c] = sum.lane[c];
            });
        __syncthreads();
        if (columns % 4 == 0)
            store_tile<Sums, 4>(active, tile, first_row, first_column, rows, columns);
        else
            store_tile<Sums, 1>(active, tile, first_row, first_column, rows, columns);
        if (moments == nullptr) return;
        __syncthreads();
        store_column_moments<Sums>(moments, value, first_row, first_column, rows, columns);
    }
};

/// For each row of the tile and each branch, the sum over the tile's columns of what add_terms(i, sums) adds:
/// out (tiles side by side, rows, branches). Lanes that share a row add by shuffles, their warps through
/// shared memory.
template <typename Sums, typename AddTerms>
__device__ __forceinline__ void store_row_sums(float* __restrict__ out, int first_row, int rows,
                                               const AddTerms& add_terms) {
    static_assert(Sums::row_warps == 2);
    constexpr int tile_size = Sums::tile_rows * branches;
    auto* halves = dynamic_shared<float>();
    __syncthreads();  // until here it held slices
    CIFAR_UNROLL
    for (int i = 0; i < Sums::rows; ++i) {
        float terms[branches] = {};
        add_terms(i, terms);
        CIFAR_UNROLL
        for (int k = 0; k < branches; ++k) {
            for (int distance = Sums::row_lanes / 2; distance > 0; distance /= 2)
                terms[k] += __shfl_xor_sync(whole_warp, terms[k], distance);
            if (threadIdx.x % Sums::row_lanes == 0)
                halves[Sums::row_warp() * tile_size + Sums::row(i) * branches + k] = terms[k];
        }
    }
    __syncthreads();
    const std::int64_t first = (static_cast<std::int64_t>(blockIdx.y) * rows + first_row) * branches;
    const int here = min(Sums::tile_rows, rows - first_row) * branches;
    for (int t = static_cast<int>(threadIdx.x); t < here; t += threads)
        out[first + t] = halves[t] + halves[tile_size + t];
}

/// `width` factors of a product as the product saw them: bf16 lies in its copy, TF32 is rounded here.
template <Precision precision, int width>
__device__ __forceinline__ Pack<float, width> load_factors(const Element<precision>* from) {
    if constexpr (precision != Precision::bf16) {
        auto values = load<width>(from);
        if constexpr (precision == Precision::tf32)
            for (float& value : values.lane) value = __uint_as_float(ptx::to_tf32(value));
        return values;
    } else if constexpr (width == 2) {
        const float2 values = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(from));
        return {{values.x, values.y}};
    } else {
        static_assert(width == 1);
        return {{__bfloat162float(*from)}};
    }
}

/// The backward towards x, from C_k = P_k, the gradient of x through branch k without its factor:
///   d_x += sum over k of a_k P_k, and the row sums of P_k x, of which d_a is made.
template <Precision precision>
struct AddBranchGradients {
    float* d_x;
    float* row_sums;
    const Element<precision>* x;
    int x_channels;  ///< as stored
    Factors factors;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        store_row_sums<Sums>(row_sums, first_row, rows, [&](int i, float(&terms)[branches]) {
            const int row = first_row + Sums::row(i);
            if (row >= rows) return;
            const float* a = factors.of_pixel(row);
            for_each_run<Sums>(first_column, columns, [&](int j, int column, auto width) {
                const auto factor = load_factors<precision, width.count>(
                    x + static_cast<std::int64_t>(row) * x_channels + column);
                float* place = d_x + static_cast<std::int64_t>(row) * columns + column;
                auto gradient = load<width.count>(place);
                CIFAR_UNROLL
                for (int c = 0; c < width.count; ++c) {
                    float sum = 0;
                    CIFAR_UNROLL
                    for (int k = 0; k < branches; ++k) {
                        const float p = sums.value(k, i, j + c);
                        terms[k] = __fmaf_rn(p, factor.lane[c], terms[k]);
                        sum = __fmaf_rn(a[k], p, sum);
                    }
                    gradient.lane[c] += sum;
                }
                store(place, gradient);
            });
        });
    }
};

/// Where no d_x is wanted z_k is computed again instead, for the row sums of g_k z_k alone.
struct SumGradientsTimesZ {
    float* row_sums;
    const float* d_out;
    const std::uint8_t* active;
    const float* bias[branches];
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        store_row_sums<Sums>(row_sums, first_row, rows, [&](int i, float(&terms)[branches]) {
            const int row = first_row + Sums::row(i);
            if (row >= rows) return;
            for_each_run<Sums>(first_column, columns, [&](int j, int column, auto width) {
                const std::int64_t place = static_cast<std::int64_t>(row) * columns + column;
                const auto gradient = load<width.count>(d_out + place);
                const auto bits = load<width.count>(active + place);
                CIFAR_UNROLL
                for (int c = 0; c < width.count; ++c) {
                    CIFAR_UNROLL
                    for (int k = 0; k < branches; ++k) {
                        const float z = sums.value(k, i, j + c) + bias[k][column + c];
                        if ((bits.lane[c] >> k & 1) != 0) terms[k] = __fmaf_rn(gradient.lane[c], z, terms[k]);
                    }
                }
            });
        });
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
