#include <type_traits>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/max_pool/max_pool_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/max_pool/max_pool-inl.h"
#include "kernels/max_pool/max_pool.h"

HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// One row of the output, from the row of x where its windows begin. `Window` is std::int64_t, or a constant
/// that lets the compiler unroll the scan.
template <typename Window>
HWY_INLINE void pool_row(float* out, std::uint8_t* winner, const float* x, MaxPoolShape s, Window window) {
    for (std::int64_t j = 0; j < s.out_width(); ++j) {
        const float* corner = x + j * s.stride * s.channels;
        for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            auto best = hn::LoadU(d, corner + c);
            auto place = hn::Zero(d);
            for (std::int64_t row = 0; row < window; ++row) {
                for (std::int64_t column = 0; column < window; ++column) {
                    const auto value = hn::LoadU(d, corner + (row * s.width + column) * s.channels + c);
                    const auto wins = beats(d, value, best);
                    best = hn::IfThenElse(wins, value, best);
                    place =
                        hn::IfThenElse(wins, hn::Set(d, static_cast<float>(row * window + column)), place);
                }
            }
            hn::StoreU(best, d, out + j * s.channels + c);
            store_places(d, place, winner + j * s.channels + c);
        });
    }
}

/// The adjoint of pool_row. Every place of every window is visited, with a mask: it costs what a scatter to
/// the winners would, as the cache lines are the same, and needs no gathering of indices.
template <typename Window>
HWY_INLINE void unpool_row(float* d_x, const float* d_out, const std::uint8_t* winner, MaxPoolShape s,
                           Window window) {
    for (std::int64_t j = 0; j < s.out_width(); ++j) {
        float* corner = d_x + j * s.stride * s.channels;
        for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto gradient = hn::LoadU(d, d_out + j * s.channels + c);
            const auto place = load_places(d, winner + j * s.channels + c);
            for (std::int64_t row = 0; row < window; ++row) {
                for (std::int64_t column = 0; column < window; ++column) {
                    float* target = corner + (row * s.width + column) * s.channels + c;
                    const auto here = hn::Eq(place, hn::Set(d, static_cast<float>(row * window + column)));
                    const auto sum = hn::Add(hn::LoadU(d, target), hn::IfThenElseZero(here, gradient));
                    hn::StoreU(sum, d, target);
                }
            }
        });
    }
}

using Two = std::integral_constant<std::int64_t, 2>;  // the usual window

void max_pool_forward(const MaxPoolForward<float>& args) {
    const MaxPoolShape& s = args.shape;
    parallel_for(s.images * s.out_height(), [&](std::int64_t item) HWY_ATTR {
        const std::int64_t n = item / s.out_height(), i = item % s.out_height();
        const std::int64_t begin = item * s.out_width() * s.channels;
        const float* x = args.x + (n * s.height + i * s.stride) * s.width * s.channels;
        if (s.window == 2) {
            pool_row(args.out + begin, args.winner + begin, x, s, Two{});
        } else {
            pool_row(args.out + begin, args.winner + begin, x, s, s.window);
        }
    });
}

/// Whole images are the work items: windows overlap where the stride is smaller than the window.
void max_pool_backward(const MaxPoolBackward<float>& args) {
    const MaxPoolShape& s = args.shape;
    parallel_for(s.images, [&](std::int64_t n) HWY_ATTR {
        for (std::int64_t i = 0; i < s.out_height(); ++i) {
            const std::int64_t begin = (n * s.out_height() + i) * s.out_width() * s.channels;
            float* d_x = args.d_x + (n * s.height + i * s.stride) * s.width * s.channels;
            if (s.window == 2) {
                unpool_row(d_x, args.d_out + begin, args.winner + begin, s, Two{});
            } else {
                unpool_row(d_x, args.d_out + begin, args.winner + begin, s, s.window);
            }
        }
    });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(max_pool_forward);
HWY_EXPORT(max_pool_backward);

void cpu::max_pool_forward(const MaxPoolForward<float>& args) {
    HWY_DYNAMIC_DISPATCH(max_pool_forward)(args);
}
void cpu::max_pool_backward(const MaxPoolBackward<float>& args) {
    HWY_DYNAMIC_DISPATCH(max_pool_backward)(args);
}

}  // namespace kernels
#endif
