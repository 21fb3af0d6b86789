#pragma once

#include <array>

#include "kernels/conv2d/sizes.cuh"
#include "kernels/gemm/parts.cuh"

/// The gradient of filters, a sum over pixels, in parts: (parts, groups, out channels, part_taps).
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Taps of a filter in a part: zeros at its end fill the last sector, so that each line begins with one.
template <typename T>
int part_taps(const Sizes<T>& n) {
    return (n.places * n.padded_in + 7) / 8 * 8;
}

/// Adds the parts to the gradients of `groups` filter banks.
template <typename T, std::size_t groups>
void add_filter_parts(const std::array<float*, groups>& target, const float* parts, int count,
                      const Sizes<T>& n) {
    AddParts<static_cast<int>(groups)> args{};
    for (std::size_t k = 0; k < groups; ++k) args.target[k] = target[k];
    args.parts = parts;
    args.count = count;
    if (n.padded_in == n.in_channels) {  // lines are whole filters
        args.rows = n.out_channels;
        args.length = std::int64_t{n.places} * n.in_channels;
        args.padded_length = part_taps(n);
    } else {
        args.rows = std::int64_t{n.out_channels} * n.places;
        args.length = n.in_channels;
        args.padded_length = n.padded_in;
    }
    add_parts(args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
