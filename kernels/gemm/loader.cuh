#pragma once

#include "kernels/common/ptx.h"
#include "kernels/gemm/layout.cuh"

/// How slices of an operand come to shared memory. Which element stands where is up to a *source*, an index
/// map (kernels/conv2d/index_maps.cuh):
///
///     Outer outer(int) const;  Inner inner(int) const;      decode an outer index, a depth: the divisions
///     const T* at(Outer, Inner, int group) const;           the element, or null where it is 0
///
/// A thread always loads the same chunk of a line, from every so many lines. So where lines are outer indices
/// it decodes them once, and one depth for each slice; where lines are depths it is the other way round.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// What part of a slice a thread moves, `vector` neighbours at a time: item i is at (outer(i), depth(i)).
template <typename Layout, int vector>
struct Share {
    static constexpr int per_line = Layout::length / vector;  ///< threads side by side
    static constexpr int lines_apart = threads / per_line;
    static constexpr int items = Layout::lines / lines_apart;
    static_assert(threads % per_line == 0 && Layout::lines % lines_apart == 0);
    static constexpr int outers = Layout::along_depth ? items : 1;  ///< different ones of a thread
    static constexpr int depths = Layout::along_depth ? 1 : items;

    __device__ __forceinline__ static int line(int i) {
        return static_cast<int>(threadIdx.x) / per_line + i * lines_apart;
    }
    __device__ __forceinline__ static int position() {
        return static_cast<int>(threadIdx.x) % per_line * vector;
    }
    __device__ __forceinline__ static int outer(int i) { return Layout::along_depth ? line(i) : position(); }
    __device__ __forceinline__ static int depth(int i) { return Layout::along_depth ? position() : line(i); }
    __device__ __forceinline__ static int place(int i) { return Layout::place(outer(i), depth(i)); }
};

/// By cp.async, past the registers: what was started is there after cp_async_wait and a barrier. `groups`
/// slices, each of its own operand but at the same place of it; those not in the mask `live` are left out.
template <typename Layout_, typename Source_, int groups_, int vector>
class AsyncLoader {
  public:
    using Layout = Layout_;
    using Source = Source_;
    static constexpr int groups = groups_;

    __device__ __forceinline__ AsyncLoader(const Source& source, int first_outer) : source_(source) {
        CIFAR_UNROLL
        for (int i = 0; i < Part::outers; ++i) outers_[i] = source.outer(first_outer + Part::outer(i));
    }

    __device__ __forceinline__ void start(typename Layout::T* tile, int first_depth, unsigned live) {
        typename Source::Inner inners[Part::depths];
        CIFAR_UNROLL
        for (int i = 0; i < Part::depths; ++i) inners[i] = source_.inner(first_depth + Part::depth(i));
        CIFAR_UNROLL
        for (int group = 0; group < groups; ++group) {
            if (groups > 1 && (live >> group & 1U) == 0) continue;
            CIFAR_UNROLL
            for (int i = 0; i < Part::items; ++i) {
                const auto* from = source_.at(outers_[Layout::along_depth ? i : 0],
                                              inners[Layout::along_depth ? 0 : i], group);
                constexpr int bytes = vector * static_cast<int>(sizeof(typename Layout::T));
                ptx::cp_async<bytes>(tile + group * Layout::size + Part::place(i), from,
                                     from == nullptr ? 0 : bytes);
            }
        }
    }
    __device__ __forceinline__ void finish(typename Layout::T*, unsigned) {}

  private:
    using Part = Share<Layout, vector>;
    const Source& source_;
    typename Source::Outer outers_[Part::outers];
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
