#pragma once

#include "kernels/gemm/layout.cuh"

/// What becomes of a tile of the product, sums.value(group, i, j) at sums.row(i), sums.column(j).
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Calls body(i, j, row, column) for each of the thread's elements that is in the matrix.
template <typename Sums, typename Body>
__device__ __forceinline__ void for_each_element(int first_row, int first_column, int rows, int columns,
                                                 const Body& body) {
    CIFAR_UNROLL
    for (int i = 0; i < Sums::rows; ++i) {
        const int row = first_row + Sums::row(i);
        CIFAR_UNROLL
        for (int j = 0; j < Sums::columns; ++j) {
            const int column = first_column + Sums::column(j);
            if (row < rows && column < columns) body(i, j, row, column);
        }
    }
}

/// out = C + bias; a null bias is 0.
struct StoreWithBias {
    float* out;
    const float* bias;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        for_each_element<Sums>(
            first_row, first_column, rows, columns, [&](int i, int j, int row, int column) {
                const float b = bias == nullptr ? 0 : bias[column];
                out[static_cast<std::int64_t>(row) * columns + column] = sums.value(0, i, j) + b;
            });
    }
};

/// target += C.
struct AddToTarget {
    float* target;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        for_each_element<Sums>(
            first_row, first_column, rows, columns, [&](int i, int j, int row, int column) {
                target[static_cast<std::int64_t>(row) * columns + column] += sums.value(0, i, j);
            });
    }
};

/// Part `part` of the depth, for AddParts: (parts, groups, rows, columns).
template <int groups>
struct StorePart {
    float* parts;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column,
                                               int part) const {
        CIFAR_UNROLL
        for (int group = 0; group < groups; ++group) {
            const std::int64_t first = (static_cast<std::int64_t>(part) * groups + group) * rows;
            for_each_element<Sums>(first_row, first_column, rows, columns,
                                   [&](int i, int j, int row, int column) {
                                       parts[(first + row) * columns + column] = sums.value(group, i, j);
                                   });
        }
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
