#pragma once

#include "kernels/common/reduce.cuh"
#include "kernels/gemm/layout.cuh"

/// Mean and squared deviations of the columns of a tile that its threads hold in registers, for the batch
/// norm that follows: a tile's rows are one part of PartialMoments (kernels/batch_norm/batch_norm.h).
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// For each of the thread's columns j, the sum of term(i, j) over all rows of the tile. A thread adds up its
/// rows, lanes that have the same columns add by shuffles, and their warps through `halves`, two rows of the
/// tile in shared memory.
template <typename Sums, typename Term>
__device__ __forceinline__ void add_over_rows(float (&total)[Sums::columns], float* halves,
                                              const Term& term) {
    CIFAR_UNROLL
    for (int j = 0; j < Sums::columns; ++j) {
        float sum = 0;
        CIFAR_UNROLL
        for (int i = 0; i < Sums::rows; ++i) sum += term(i, j);
        for (unsigned distance = Sums::row_lanes; distance < warp_size; distance *= 2)
            sum += __shfl_xor_sync(whole_warp, sum, static_cast<int>(distance));
        if (threadIdx.x % warp_size < Sums::row_lanes)
            halves[Sums::column_warp() * Sums::tile_columns + Sums::column(j)] = sum;
    }
    __syncthreads();
    CIFAR_UNROLL
    for (int j = 0; j < Sums::columns; ++j)
        total[j] = halves[Sums::column(j)] + halves[Sums::tile_columns + Sums::column(j)];
    __syncthreads();  // the next sums may overwrite
}

/// Stores the mean of each column, and the sum of squared deviations from it, over the tile's rows that are
/// in the matrix: out (tiles of rows, 2, columns). Values in other rows are 0. The mean of a first pass,
/// rounded, is where deviations are counted from; what they add up to corrects both results.
template <typename Sums>
__device__ __forceinline__ void store_column_moments(float* __restrict__ out,
                                                     const float (&value)[Sums::rows][Sums::columns],
                                                     int first_row, int first_column, int rows, int columns) {
    static_assert(Sums::column_warps == 2);
    auto* halves = dynamic_shared<float>();
    const int rows_here = min(Sums::tile_rows, rows - first_row);
    const auto count = static_cast<float>(rows_here);
    float origin[Sums::columns], rest[Sums::columns], squares[Sums::columns];
    add_over_rows<Sums>(origin, halves, [&](int i, int j) { return value[i][j]; });
    CIFAR_UNROLL
    for (int j = 0; j < Sums::columns; ++j) origin[j] /= count;
    const auto deviation = [&](int i, int j) {
        return Sums::row(i) < rows_here ? value[i][j] - origin[j] : 0;
    };
    add_over_rows<Sums>(rest, halves, deviation);
    add_over_rows<Sums>(squares, halves, [&](int i, int j) { return deviation(i, j) * deviation(i, j); });

    if (Sums::column_warp() != 0 || threadIdx.x % warp_size >= Sums::row_lanes) return;
    CIFAR_UNROLL
    for (int j = 0; j < Sums::columns; ++j) {
        const int column = first_column + Sums::column(j);
        if (column >= columns) continue;
        float* place = out + std::int64_t{2} * (first_row / Sums::tile_rows) * columns + column;
        const float offset = rest[j] / count;
        place[0] = origin[j] + offset;
        place[columns] = squares[j] - rest[j] * offset;
    }
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
