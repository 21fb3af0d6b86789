#pragma once

#include <cstddef>

#include "kernels/common/launch.h"
#include "kernels/common/precision.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/gemm/ffma.cuh"
#include "kernels/gemm/loader.cuh"
#include "kernels/gemm/tensor_core.cuh"

/// The one matrix product that linear layers and all convolutions run on: `groups` products of the same size
/// side by side, C_g = A_g B_g, where the A_g or the B_g may be one and the same operand. A block computes
/// one tile of every C_g. The drawing and the index maps are in docs/cuda_convolution.md.
///
/// Bound by the arithmetic units where tiles are full. Slices of the operands, 64 bytes deep, go through a
/// ring of `stages` buffers in shared memory: while one is multiplied, the next are on their way.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// What a tile's factors are stored as in shared memory.
template <Precision precision>
struct ElementOf {
    using Type = float;
};
template <>
struct ElementOf<Precision::bf16> {
    using Type = __nv_bfloat16;
};
template <Precision precision>
using Element = typename ElementOf<precision>::Type;

/// What a product is computed with, as a type: the factors' precision, and how many neighbours a thread loads
/// in one piece.
template <Precision precision_, int vector_>
struct Instructions {
    static constexpr Precision precision = precision_;
    static constexpr int vector = vector_;
    using T = Element<precision>;
    static constexpr int depth = static_cast<int>(64 / sizeof(T));  ///< of a slice: lines of 64 bytes
};

/// Calls body(Instructions<...>{}). float32 operands are loaded where they lie, four neighbours at a time if
/// all `pointers` and lines of `length` values allow it; bf16 ones as copies that always do.
template <typename Body, typename... Value>
void with_instructions(Precision precision, std::int64_t length, const Body& body, const Value*... pointers) {
    if (precision == Precision::bf16) return body(Instructions<Precision::bf16, chunk<__nv_bfloat16>>{});
    with_vector_width(
        length,
        [&](auto pack) {
            if (precision == Precision::tf32)
                body(Instructions<Precision::tf32, pack()>{});
            else
                body(Instructions<Precision::fp32, pack()>{});
        },
        pointers...);
}

/// The instructions for a precision.
template <Precision precision, typename A, typename B>
struct AtomOf {
    using Type = Bf16<A, B>;
};
template <typename A, typename B>
struct AtomOf<Precision::fp32, A, B> {
    using Type = Ffma<A, B>;
};
template <typename A, typename B>
struct AtomOf<Precision::tf32, A, B> {
    using Type = Tf32<A, B>;
};

/// The groups of which a product has a part in the result, as a mask: here all of them, always.
template <int groups>
struct AllLive {
    static constexpr unsigned all = (1U << groups) - 1;
    __device__ __forceinline__ unsigned of_rows(int, int) const { return all; }
    __device__ __forceinline__ unsigned of_slice(unsigned live, int) const { return live; }
};

/// Everything that a kernel has to know, in one argument. Loaders as AsyncLoader; Live as AllLive; an
/// epilogue is called once, with the sums of a tile.
template <Precision precision, int groups_, typename LoaderA_, typename LoaderB_, typename Epilogue,
          typename Live, int stages_ = 3>
struct Product {
    using LoaderA = LoaderA_;
    using LoaderB = LoaderB_;
    using A = typename LoaderA::Layout;
    using B = typename LoaderB::Layout;
    using T = typename A::T;
    using Atom = typename AtomOf<precision, A, B>::Type;
    static constexpr int groups = groups_, stages = stages_, slice = A::depths;
    static_assert(A::depths == B::depths && slice % Atom::depth == 0);
    static_assert(LoaderA::groups == 1 || LoaderA::groups == groups);
    static_assert(LoaderB::groups == 1 || LoaderB::groups == groups);
    static constexpr int a_size = LoaderA::groups * A::size, b_size = LoaderB::groups * B::size;
    static constexpr unsigned shared_bytes = sizeof(T) * stages * (a_size + b_size);

    typename LoaderA::Source a;
    typename LoaderB::Source b;
    Epilogue epilogue;
    Live live;
    int rows, columns, depth;
    int depth_per_part;  ///< a multiple of the slice; blockIdx.z is the part
};

/// The tile of each C_g, in registers: element (i, j) of a thread is at row(i), column(j) of the tile.
template <typename Atom, int groups>
struct Sums : Atom {
    typename Atom::Sums of_group[groups] = {};
    __device__ __forceinline__ float value(int group, int i, int j) const {
        return of_group[group].value(i, j);
    }
};

template <typename P>
__device__ __forceinline__ void multiply_slice(Sums<typename P::Atom, P::groups>& sums,
                                               const typename P::T* a_slice, const typename P::T* b_slice,
                                               unsigned live) {
    using Atom = typename P::Atom;
    constexpr bool common_a = P::LoaderA::groups == 1, common_b = P::LoaderB::groups == 1;
    CIFAR_UNROLL
    for (int depth = 0; depth < P::slice; depth += Atom::depth) {
        typename Atom::FragmentA a;
        typename Atom::FragmentB b;
        if constexpr (common_a) Atom::load_a(a, a_slice, depth);
        if constexpr (common_b) Atom::load_b(b, b_slice, depth);
        CIFAR_UNROLL
        for (int group = 0; group < P::groups; ++group) {
            if (P::groups > 1 && (live >> group & 1U) == 0) continue;  // the same for all of the block
            if constexpr (!common_a) Atom::load_a(a, a_slice + group * P::A::size, depth);
            if constexpr (!common_b) Atom::load_b(b, b_slice + group * P::B::size, depth);
            Atom::multiply(sums.of_group[group], a, b);
        }
    }
}

template <typename P>
__global__ void __launch_bounds__(threads) product_kernel(const P product) {
    constexpr int stages = P::stages, stage_size = P::a_size + P::b_size;
    auto* shared = dynamic_shared<typename P::T, P::shared_bytes>();
    const int first_row = static_cast<int>(blockIdx.x) * P::A::outers,
              first_column = static_cast<int>(blockIdx.y) * P::B::outers;
    const int begin = static_cast<int>(blockIdx.z) * product.depth_per_part,
              end = min(product.depth, begin + product.depth_per_part);
    const unsigned live = product.live.of_rows(first_row, P::A::outers);
    const int slices = live == 0 ? 0 : (end - begin + P::slice - 1) / P::slice;

    typename P::LoaderA a(product.a, first_row);
    typename P::LoaderB b(product.b, first_column);
    unsigned live_of[stages] = {};  // of the slice that is multiplied now, and those after it
    const auto start = [&](int slice, unsigned& live_there) {
        auto* stage = shared + slice % stages * stage_size;
        const int depth = begin + slice * P::slice;
        live_there = product.live.of_slice(live, depth);
        a.start(stage, depth, live_there);
        b.start(stage + P::a_size, depth, live_there);
    };
    const auto finish = [&](int slice, unsigned live_there) {
        auto* stage = shared + slice % stages * stage_size;
        a.finish(stage, live_there);
        b.finish(stage + P::a_size, live_there);
    };

    CIFAR_UNROLL
    for (int slice = 0; slice < stages - 1; ++slice) {
        if (slice < slices) {
            start(slice, live_of[slice]);
            finish(slice, live_of[slice]);
        }
        ptx::cp_async_commit();
    }
    Sums<typename P::Atom, P::groups> sums;
    for (int slice = 0; slice < slices; ++slice) {
        ptx::cp_async_wait<stages - 2>();
        __syncthreads();  // this slice has arrived, and nobody reads the stage of the one before any more
        const int next = slice + stages - 1;
        if (next < slices) start(next, live_of[stages - 1]);
        ptx::cp_async_commit();
        const auto* stage = shared + slice % stages * stage_size;
        multiply_slice<P>(sums, stage, stage + P::a_size, live_of[0]);
        if (next < slices) finish(next, live_of[stages - 1]);
        CIFAR_UNROLL
        for (int i = 0; i < stages - 1; ++i) live_of[i] = live_of[i + 1];
    }
    product.epilogue(sums, first_row, first_column, static_cast<int>(blockIdx.z));
}

constexpr std::int64_t tiles(std::int64_t size, std::int64_t tile_size) {
    return (size + tile_size - 1) / tile_size;
}

/// Starts the kernel for `parts` parts of the depth; a product without rows or columns starts nothing.
template <typename P>
void launch_product(const P& product, int parts = 1) {
    launch(product_kernel<P>,
           {dim3(static_cast<unsigned>(tiles(product.rows, P::A::outers)),
                 static_cast<unsigned>(tiles(product.columns, P::B::outers)), static_cast<unsigned>(parts)),
            dim3(threads), P::shared_bytes},
           work_stream(), product);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
