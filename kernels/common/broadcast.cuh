#pragma once

#include <array>
#include <cstdint>

#include "kernels/common/broadcast.h"
#include "kernels/common/broadcast_loops.h"
#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"

/// How the kernels of add and mul walk a broadcast on the device; broadcast_loops.h says how on the CPU.
/// Shapes are collapsed ones.
namespace kernels::CIFAR_GPU_NAMESPACE {

using Extents = std::array<std::int64_t, 4>;

/// Offset, in an array with these strides, of position number `index` in row-major order.
__device__ __forceinline__ std::int64_t offset_of(std::int64_t index, const Extents& extent,
                                                  const Extents& stride) {
    std::int64_t offset = 0;
    for (int d = 3; d > 0; --d) {
        offset += index % extent[d] * stride[d];
        index /= extent[d];
        if (index == 0) return offset;  // the usual case of few extents costs few divisions
    }
    return offset + index * stride[0];
}

/// A pack of neighbouring outputs reads neighbours of an operand, or one value where that is broadcast.
template <int pack>
__device__ __forceinline__ Pack<float, pack> load_broadcast(const float* operand, std::int64_t last_stride) {
    if (last_stride != 0) return load<pack>(operand);
    const float value = *operand;
    Pack<float, pack> values;
    for (int k = 0; k < pack; ++k) values.lane[k] = value;
    return values;
}

/// out = combine(x, y), element by element. A thread takes a pack of neighbouring outputs.
template <int pack, typename Combine>
__global__ void combine_kernel(float* out, const float* x, const float* y, Broadcast s, Combine combine) {
    for (const auto item : grid_stride_range(s.size() / pack)) {
        const std::int64_t first = item * pack;
        auto values = load_broadcast<pack>(x + offset_of(first, s.extent, s.x_stride), s.x_stride[3]);
        const auto others = load_broadcast<pack>(y + offset_of(first, s.extent, s.y_stride), s.y_stride[3]);
        for (int k = 0; k < pack; ++k) values.lane[k] = combine(values.lane[k], others.lane[k]);
        store(out + first, values);
    }
}

/// The forward of an op with two operands. `Combine` has `float operator()(float x, float y) const`. Bound by
/// memory: 12 bytes for each float of the output, less where an operand is broadcast.
template <typename Combine>
void combine_broadcast(float* out, const float* x, const float* y, const Broadcast& shape,
                       const Combine& combine) {
    with_vector_width(
        shape.extent[3],
        [&](auto pack) {
            launch(combine_kernel<pack(), Combine>, grid_stride_shape(shape.size() / pack()), work_stream(),
                   out, x, y, shape, combine);
        },
        out, x, y);
}

/// Whether no output element shares an element of the operand with another, so that a gradient of the operand
/// is a gradient of the output, element by element.
inline bool is_elementwise(const Broadcast& shape) { return !is_broadcast(shape.extent, shape.x_stride); }

/// The adjoint of a broadcast: each target element gets the sum over the outputs that read it. `kept` and
/// `summed` are the extents that the target has and has not, both walked in row-major order.
struct BroadcastSum {
    Extents kept{}, summed{}, out_stride{}, target_stride{}, other_stride{};
    std::int64_t targets, terms, chunk, chunks;

    BroadcastSum(const Broadcast& shape, unsigned lanes)
        : kept(shape.extent),
          summed(shape.extent),
          out_stride{shape.extent[1] * shape.extent[2] * shape.extent[3], shape.extent[2] * shape.extent[3],
                     shape.extent[3], 1},
          target_stride(shape.x_stride),
          other_stride(shape.y_stride) {
        constexpr std::int64_t least_terms = 16, most_chunks = 256;  // of a thread; of all blocks
        for (std::size_t d = 0; d < 4; ++d) (target_stride[d] == 0 ? kept : summed)[d] = 1;
        targets = kept[0] * kept[1] * kept[2] * kept[3];
        terms = summed[0] * summed[1] * summed[2] * summed[3];
        const std::int64_t piece = least_terms * lanes, pieces = (terms + piece - 1) / piece;
        chunk = piece * ((pieces + most_chunks - 1) / most_chunks);
        chunks = chunk == 0 ? 0 : (terms + chunk - 1) / chunk;
    }
};

inline constexpr unsigned broadcast_threads = 256;

/// sums[chunk][target]. A column of the block takes a target, and its threads the terms of a chunk. `Term`
/// has `double operator()(out, other) const`, with the offsets into the output and the other operand.
template <typename Term>
__global__ void __launch_bounds__(broadcast_threads)
    broadcast_chunk_kernel(double* __restrict__ sums, BroadcastSum s, Term term) {
    const std::int64_t target = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    Pack<double, 1> sum{};
    if (target < s.targets) {
        const std::int64_t out = offset_of(target, s.kept, s.out_stride),
                           other = offset_of(target, s.kept, s.other_stride);
        const std::int64_t begin = blockIdx.y * s.chunk, end = min(begin + s.chunk, s.terms);
        for (std::int64_t i = begin + threadIdx.y; i < end; i += blockDim.y)
            sum.lane[0] += term(out + offset_of(i, s.summed, s.out_stride),
                                other + offset_of(i, s.summed, s.other_stride));
    }
    sum = column_sum<broadcast_threads>(sum);
    if (threadIdx.y == 0 && target < s.targets) sums[blockIdx.y * s.targets + target] = sum.lane[0];
}

static __global__ void add_chunks_kernel(float* __restrict__ d_x, const double* __restrict__ sums,
                                         BroadcastSum s) {
    for (const auto target : grid_stride_range(s.targets)) {
        double sum = 0;
        for (std::int64_t chunk = 0; chunk < s.chunks; ++chunk) sum += sums[chunk * s.targets + target];
        d_x[offset_of(target, s.kept, s.target_stride)] += static_cast<float>(sum);
    }
}

/// d_x += the sums of term(out, other), where shape calls x the target and y the other operand.
template <typename Term>
void add_broadcast_sums(float* d_x, const Broadcast& shape, const Term& term, DeviceScratch& memory) {
    // Neighbouring threads read neighbours: targets side by side where the last extent is kept, else terms.
    unsigned columns = 1;
    if (shape.x_stride[3] != 0)
        while (columns < warp_size && columns < shape.extent[3]) columns *= 2;
    const unsigned lanes = broadcast_threads / columns;
    const BroadcastSum s(shape, lanes);
    if (s.targets * s.terms == 0) return;
    double* sums = memory.reserve<double>(s.chunks * s.targets);
    const LaunchShape blocks = {
        dim3(static_cast<unsigned>((s.targets + columns - 1) / columns), static_cast<unsigned>(s.chunks)),
        dim3(columns, lanes)};
    launch(broadcast_chunk_kernel<Term>, blocks, work_stream(), sums, s, term);
    launch(add_chunks_kernel, grid_stride_shape(s.targets), work_stream(), d_x, sums, s);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
