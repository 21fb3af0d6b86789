#pragma once

#include "kernels/common/vector.cuh"
#include "kernels/gemm/layout.cuh"

/// What becomes of a tile of the product, sums.value(group, i, j) at sums.row(i), sums.column(j).
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// How many neighbours are moved at once, as an argument whose type says it.
template <int width>
struct Width {
    static constexpr int count = width;
};

/// Calls body(j, column, width) for the thread's columns that are in the matrix, `width` neighbours at a
/// time: a constant.
template <typename Sums, int width, typename Body>
__device__ __forceinline__ void for_each_run(int first_column, int columns, const Body& body) {
    CIFAR_UNROLL
    for (int j = 0; j < Sums::columns; j += width) {
        const int column = first_column + Sums::column(j);
        if (column < columns) body(j, column, Width<width>{});
    }
}
/// As wide as the thread's columns lie side by side, if rows of the matrix are multiples of that.
template <typename Sums, typename Body>
__device__ __forceinline__ void for_each_run(int first_column, int columns, const Body& body) {
    if (columns % Sums::run == 0)
        for_each_run<Sums, Sums::run>(first_column, columns, body);
    else
        for_each_run<Sums, 1>(first_column, columns, body);
}

/// Calls body(i, j, row, column, width) likewise for all of the thread's elements.
template <typename Sums, typename Body>
__device__ __forceinline__ void for_each_run(int first_row, int first_column, int rows, int columns,
                                             const Body& body) {
    for_each_run<Sums>(first_column, columns, [&](int j, int column, auto width) {
        CIFAR_UNROLL
        for (int i = 0; i < Sums::rows; ++i) {
            const int row = first_row + Sums::row(i);
            if (row < rows) body(i, j, row, column, width);
        }
    });
}

/// out = C + bias; a null bias is 0.
struct StoreWithBias {
    float* out;
    const float* bias;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        for_each_run<Sums>(
            first_row, first_column, rows, columns, [&](int i, int j, int row, int column, auto width) {
                Pack<float, width.count> c;
                CIFAR_UNROLL
                for (int k = 0; k < width.count; ++k)
                    c.lane[k] = sums.value(0, i, j + k) + (bias == nullptr ? 0 : bias[column + k]);
                store(out + static_cast<std::int64_t>(row) * columns + column, c);
            });
    }
};

/// target += C.
struct AddToTarget {
    float* target;
    int rows, columns;

    template <typename Sums>
    __device__ __forceinline__ void operator()(const Sums& sums, int first_row, int first_column, int) const {
        for_each_run<Sums>(first_row, first_column, rows, columns,
                           [&](int i, int j, int row, int column, auto width) {
                               float* place = target + static_cast<std::int64_t>(row) * columns + column;
                               auto c = load<width.count>(place);
                               CIFAR_UNROLL
                               for (int k = 0; k < width.count; ++k) c.lane[k] += sums.value(0, i, j + k);
                               store(place, c);
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
            for_each_run<Sums>(first_row, first_column, rows, columns,
                               [&](int i, int j, int row, int column, auto width) {
                                   Pack<float, width.count> c;
                                   CIFAR_UNROLL
                                   for (int k = 0; k < width.count; ++k)
                                       c.lane[k] = sums.value(group, i, j + k);
                                   store(parts + (first + row) * columns + column, c);
                               });
        }
    }
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
