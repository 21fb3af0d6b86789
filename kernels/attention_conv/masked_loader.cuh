#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/attention_conv/attention_conv.h"
#include "kernels/gemm/bfloat16_copy.cuh"
#include "kernels/gemm/loader.cuh"

/// The gradients of the three branches, g_k = d_out where bit k of `active` is set, else 0, or a_k g_k: three
/// operands of a product that are never written to memory. d_out and the bits are loaded once, wait in
/// registers while the slice before is multiplied, and are then stored to shared memory three times, masked.
namespace kernels::CIFAR_GPU_NAMESPACE::product {

/// Source: as for AsyncLoader, of d_out; besides,
///   int channels_from(Outer, Inner) const             output channels there are from this one on
///   const float* factors(Inner) const                 a_0, a_1, a_2 of its image; null: all 1
template <typename Layout_, typename Source_, int vector>
class MaskedLoader {
  public:
    using Layout = Layout_;
    using Source = Source_;
    using T = typename Layout::T;
    static constexpr int groups = branches;

    __device__ __forceinline__ MaskedLoader(const Source& source, int first_outer) : source_(source) {
        CIFAR_UNROLL
        for (int i = 0; i < Part::outers; ++i) outers_[i] = source.outer(first_outer + Part::outer(i));
    }

    __device__ __forceinline__ void start(T*, int first_depth, unsigned) {
        CIFAR_UNROLL
        for (int i = 0; i < Part::items; ++i) {
            if (i < Part::depths) {
                inner_ = source_.inner(first_depth + Part::depth(i));
                load_factors(i);
            }
            load_item(i, outers_[Layout::along_depth ? i : 0]);
        }
    }

    __device__ __forceinline__ void finish(T* tile, unsigned live) {
        CIFAR_UNROLL
        for (int group = 0; group < groups; ++group) {
            if ((live >> group & 1U) == 0) continue;
            CIFAR_UNROLL
            for (int i = 0; i < Part::items; ++i) {
                float masked[width];
                CIFAR_UNROLL
                for (int k = 0; k < width; ++k) {
                    const unsigned byte = bits_[i][k / vector] >> k % vector * 8;
                    const float value = (byte >> group & 1U) != 0 ? values_[i].lane[k] : 0;
                    masked[k] =
                        Source::weighted ? value * factors_[Layout::along_depth ? 0 : i][group] : value;
                }
                store_item(tile + group * Layout::size + Part::place(i), masked);
            }
        }
    }

  private:
    /// Values that go to shared memory in one piece. Four to a thread, also where they become bf16: then a
    /// warp asks for whole sectors of d_out and of the bits.
    static constexpr int width = std::is_same_v<T, float> ? vector : 4;
    using Part = Share<Layout, width>;

    __device__ __forceinline__ void load_factors(int i) {
        if constexpr (Source::weighted) {
            const float* factors = source_.factors(inner_);
            CIFAR_UNROLL
            for (int group = 0; group < groups; ++group)
                factors_[i][group] = factors == nullptr ? 0 : factors[group];
        }
    }

    __device__ __forceinline__ void load_item(int i, const typename Source::Outer& outer) {
        const float* from = source_.at(outer, inner_, 0);
        const int there = from == nullptr ? 0 : source_.channels_from(outer, inner_);
        CIFAR_UNROLL
        for (int k = 0; k < width; k += vector) {
            if (k < there) {
                const auto loaded = load<vector>(from + k);
                CIFAR_UNROLL
                for (int j = 0; j < vector; ++j) values_[i].lane[k + j] = loaded.lane[j];
                bits_[i][k / vector] = load_bits(source_.active + (from - source_.d_out) + k);
            } else {
                bits_[i][k / vector] = 0;
            }
        }
    }
    /// Those of `vector` neighbours, a byte each, the first lowest.
    __device__ __forceinline__ static unsigned load_bits(const std::uint8_t* from) {
        if constexpr (vector == 4)
            return *reinterpret_cast<const unsigned*>(from);
        else
            return *from;
    }

    __device__ __forceinline__ static void store_item(T* to, const float (&masked)[width]) {
        if constexpr (!std::is_same_v<T, float>)
            *reinterpret_cast<uint2*>(to) = bf16_quad(masked);
        else if constexpr (width == 4)
            *reinterpret_cast<float4*>(to) = make_float4(masked[0], masked[1], masked[2], masked[3]);
        else
            *to = masked[0];
    }

    const Source& source_;
    typename Source::Outer outers_[Part::outers];
    typename Source::Inner inner_;
    Pack<float, width> values_[Part::items];
    unsigned bits_[Part::items][width / vector];
    float factors_[Part::depths][groups];
};

}  // namespace kernels::CIFAR_GPU_NAMESPACE::product
