#pragma once

#include <cstdint>

#include "kernels/attention_conv/branches.cuh"
#include "kernels/common/precision.h"
#include "kernels/common/ptx.h"
#include "kernels/gemm/epilogues.cuh"

/// What becomes of the tiles of three branches, which a thread holds for the same pixels and channels.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// The forward: out = sum over k of a_k relu(z_k), and the bits of where z_k > 0; z_k = C_k + bias_k.
struct CombineBranches {
    float* out;
    std::uint8_t* active;
    const float* bias[branches];
    Factors factors;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        CIFAR_UNROLL
        for (int j = 0; j < Sums::columns; ++j) {
            const int column = first_column + Sums::column(j);
            if (column >= columns) continue;
            float b[branches];
            for (int k = 0; k < branches; ++k) b[k] = bias[k][column];
            CIFAR_UNROLL
            for (int i = 0; i < Sums::rows; ++i) {
                const int row = first_row + Sums::row(i);
                if (row < rows) combine(sums, i, j, b, row, column);
            }
        }
    }

  private:
    template <typename Sums>
    __device__ __forceinline__ void combine(const Sums& sums, int i, int j, const float (&b)[branches],
                                            int row, int column) const {
        const float* a = factors.of_pixel(row);
        float sum = 0;
        unsigned bits = 0;
        CIFAR_UNROLL
        for (int k = 0; k < branches; ++k) {
            if (!factors.takes_part(a[k])) continue;
            const float z = sums.value(k, i, j) + b[k];
            sum = __fmaf_rn(a[k], z <= 0 ? 0 : z, sum);  // NaN stays
            bits |= static_cast<unsigned>(z > 0) << k;
        }
        const std::int64_t place = static_cast<std::int64_t>(row) * columns + column;
        out[place] = sum;
        active[place] = static_cast<std::uint8_t>(bits);
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

/// A factor of a product as the product saw it.
template <Precision precision, typename T>
__device__ __forceinline__ float rounded(T value) {
    if constexpr (precision == Precision::tf32)
        return __uint_as_float(ptx::to_tf32(value));
    else
        return value;
}

/// The backward towards x, from C_k = P_k, the gradient of x through branch k without its factor:
///   d_x += sum over k of a_k P_k, and the row sums of P_k x, of which d_a is made.
template <Precision precision, typename T>
struct AddBranchGradients {
    float* d_x;
    float* row_sums;
    const T* x;
    int x_channels;  ///< as stored
    Factors factors;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        store_row_sums<Sums>(row_sums, first_row, rows, [&](int i, float(&terms)[branches]) {
            const int row = first_row + Sums::row(i);
            if (row >= rows) return;
            const float* a = factors.of_pixel(row);
            CIFAR_UNROLL
            for (int j = 0; j < Sums::columns; ++j) {
                const int column = first_column + Sums::column(j);
                if (column >= columns) continue;
                const float factor =
                    rounded<precision>(x[static_cast<std::int64_t>(row) * x_channels + column]);
                float gradient = 0;
                CIFAR_UNROLL
                for (int k = 0; k < branches; ++k) {
                    const float p = sums.value(k, i, j);
                    terms[k] = __fmaf_rn(p, factor, terms[k]);
                    gradient = __fmaf_rn(a[k], p, gradient);
                }
                d_x[static_cast<std::int64_t>(row) * columns + column] += gradient;
            }
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
            CIFAR_UNROLL
            for (int j = 0; j < Sums::columns; ++j) {
                const int column = first_column + Sums::column(j);
                if (column >= columns) continue;
                const std::int64_t place = static_cast<std::int64_t>(row) * columns + column;
                const float gradient = d_out[place];
                const unsigned bits = active[place];
                CIFAR_UNROLL
                for (int k = 0; k < branches; ++k) {
                    const float z = sums.value(k, i, j) + bias[k][column];
                    if ((bits >> k & 1U) != 0) terms[k] = __fmaf_rn(gradient, z, terms[k]);
                }
            }
        });
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
