#pragma once

#include <algorithm>

#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/gemm/divisor.cuh"

/// Sums over very many terms are cut into parts that blocks compute side by side; then the parts are added in
/// order. How many there are depends on sizes alone, so results are the same on every device.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// The depth of a product whose C has few tiles, in parts: together with the tiles about as many blocks as
/// keep a large GPU busy, but no part so short that adding the parts would cost more than computing them.
struct Parts {
    int count, depth;  ///< depth of each, a multiple of `unit`

    Parts(std::int64_t whole, std::int64_t tiles, std::int64_t unit) {
        constexpr std::int64_t enough_blocks = 512, least_depth = 256;
        const std::int64_t wanted =
            std::max<std::int64_t>(enough_blocks / std::max<std::int64_t>(tiles, 1), 1);
        const std::int64_t each = std::max((whole + wanted - 1) / wanted, least_depth);
        depth = static_cast<int>((each + unit - 1) / unit * unit);
        count = static_cast<int>(std::max<std::int64_t>((whole + depth - 1) / depth, 1));
    }
};

/// `groups` arrays (rows, length), which stand as (rows, padded length) in each part.
template <int groups>
struct AddParts {
    float* target[groups];  ///< added to; null: not wanted
    const float* parts;     ///< (count, groups, rows, padded length)
    int count;
    std::int64_t rows, length, padded_length;
};

template <int groups>
__global__ void add_parts_kernel(const AddParts<groups> args, const Divisor by_length) {
    const std::int64_t group_size = args.rows * args.padded_length;
    float* __restrict__ target = args.target[blockIdx.y];
    if (target == nullptr) return;
    for (const auto i : grid_stride_range(args.rows * args.length)) {
        const auto [row, column] = by_length.divide(static_cast<int>(i));
        const float* part = args.parts + blockIdx.y * group_size + row * args.padded_length + column;
        float sum = 0;
        for (int p = 0; p < args.count; ++p) sum += part[p * groups * group_size];
        target[i] += sum;
    }
}

template <int groups>
void add_parts(const AddParts<groups>& args) {
    LaunchShape shape = grid_stride_shape(args.rows * args.length);
    shape.grid.y = groups;
    launch(add_parts_kernel<groups>, shape, work_stream(), args, Divisor(args.length));
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
