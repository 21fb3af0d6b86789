#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm_max_pool/batch_norm_max_pool_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/batch_norm/batch_norm-inl.h"
#include "kernels/batch_norm/batch_norm_parts.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"
#include "kernels/max_pool/max_pool-inl.h"

// Bound by memory. Forward: the statistics read x, the pooling reads x and writes a quarter of it. Backward:
// the sums read what the forward saved of the winners, which costs less than to pick them from x once more,
// and one pass reads x and writes d_x.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Row `item` of the output, counted through all images; scale = weight * inv_std. Training pools by the mean
/// of the batch in the place of the running one.
void pool_row(const BatchNormMaxPoolEvalForward<float>& args, const float* scale, std::int64_t item) {
    const BatchNormMaxPoolShape& s = args.shape;
    const std::int64_t n = item / s.out_height(), i = item % s.out_height();
    for (std::int64_t j = 0; j < s.out_width(); ++j) {
        const float* corner = args.x + ((n * s.height + 2 * i) * s.width + 2 * j) * s.channels;
        const std::int64_t out = (item * s.out_width() + j) * s.channels;
        for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            auto x = hn::LoadU(d, corner + c);
            auto best = normalised(d, x, args.running_mean, scale, args.bias, c);
            auto place = hn::Zero(d);
            for (std::int64_t k = 1; k < 4; ++k) {
                const auto next = hn::LoadU(d, corner + (k / 2 * s.width + k % 2) * s.channels + c);
                const auto value = normalised(d, next, args.running_mean, scale, args.bias, c);
                const auto wins = beats(d, value, best);
                x = hn::IfThenElse(wins, next, x);
                best = hn::IfThenElse(wins, value, best);
                place = hn::IfThenElse(wins, hn::Set(d, static_cast<float>(k)), place);
            }
            hn::StoreU(best, d, args.out + out + c);
            hn::StoreU(x, d, args.winner_x + out + c);
            store_places(d, place, args.winner + out + c);
        });
    }
}

void pool(const BatchNormMaxPoolEvalForward<float>& args, const float* scale) {
    parallel_for(args.shape.images * args.shape.out_height(),
                 [&](std::int64_t item) HWY_ATTR { pool_row(args, scale, item); });
}

/// Writes or adds scale * (d_y - offset - (x - mean) * slope) to one vector of d_x.
template <class D>
HWY_INLINE void put_gradient(D d, hn::Vec<D> d_y, const BatchNormMaxPoolBackward<float>& args,
                             const cpu::BatchNormInputGradient& terms, std::int64_t pixel, std::int64_t c) {
    const std::int64_t at = pixel * args.shape.channels + c;
    const auto centred = centred_gradient(d, d_y, hn::LoadU(d, args.x + at), terms, c);
    const auto before = args.add_to_d_x ? hn::LoadU(d, args.d_x + at) : hn::Zero(d);
    hn::StoreU(hn::MulAdd(hn::LoadU(d, terms.scale + c), centred, before), d, args.d_x + at);
}

/// `count` pixels that are in no window.
void unpool_rest(const BatchNormMaxPoolBackward<float>& args, const cpu::BatchNormInputGradient& terms,
                 std::int64_t pixel, std::int64_t count) {
    for (std::int64_t end = pixel + count; pixel < end; ++pixel) {
        for_each_vector(args.shape.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            put_gradient(d, hn::Zero(d), args, terms, pixel, c);
        });
    }
}

/// Image n of d_x.
void unpool_image(const BatchNormMaxPoolBackward<float>& args, const cpu::BatchNormInputGradient& terms,
                  std::int64_t n) {
    const BatchNormMaxPoolShape& s = args.shape;
    const std::int64_t image = n * s.height * s.width, covered = 2 * s.out_height();
    for (std::int64_t i = 0; i < s.out_height(); ++i) {
        const std::int64_t row = image + 2 * i * s.width;
        for (std::int64_t j = 0; j < s.out_width(); ++j) {
            const std::int64_t out = ((n * s.out_height() + i) * s.out_width() + j) * s.channels;
            for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
                const auto gradient = hn::LoadU(d, args.d_out + out + c);
                const auto place = load_places(d, args.winner + out + c);
                for (std::int64_t k = 0; k < 4; ++k) {
                    const auto won = hn::Eq(place, hn::Set(d, static_cast<float>(k)));
                    const std::int64_t pixel = row + k / 2 * s.width + 2 * j + k % 2;
                    put_gradient(d, hn::IfThenElseZero(won, gradient), args, terms, pixel, c);
                }
            });
        }
        // In both rows, the last pixel of an odd width.
        for (const std::int64_t next : {row + s.width, row + 2 * s.width})
            unpool_rest(args, terms, next - s.width % 2, s.width % 2);
    }
    unpool_rest(args, terms, image + covered * s.width, (s.height - covered) * s.width);
}

void unpool(const BatchNormMaxPoolBackward<float>& args, const cpu::BatchNormInputGradient& terms) {
    parallel_for(args.shape.images, [&](std::int64_t n) HWY_ATTR { unpool_image(args, terms, n); });
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(pool);
HWY_EXPORT(unpool);

void cpu::batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>& args) {
    const float* scale = batch_norm_statistics(
        {nullptr, args.mean, args.inv_std, args.running_mean, args.running_var, args.x, args.weight,
         args.bias, args.epsilon, args.momentum, args.shape.rows(), args.shape.channels});
    HWY_DYNAMIC_DISPATCH(pool)
    ({args.out, args.winner, args.winner_x, args.x, args.mean, nullptr, args.weight, args.bias, args.epsilon,
      args.shape},
     scale);
}

void cpu::batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>& args) {
    const float* scale =
        batch_norm_running_scale({nullptr, args.x, args.running_mean, args.running_var, args.weight,
                                  args.bias, args.epsilon, args.shape.rows(), args.shape.channels});
    HWY_DYNAMIC_DISPATCH(pool)(args, scale);
}

void cpu::batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>& args) {
    const BatchNormInputGradient terms = batch_norm_parameter_gradients(
        {nullptr, args.d_weight, args.d_bias, args.mean, args.inv_std, args.d_out, args.winner_x, args.weight,
         args.batch_statistics, args.shape.out_rows(), args.shape.channels},
        args.shape.rows());
    if (!args.d_x) return;
    HWY_DYNAMIC_DISPATCH(unpool)(args, terms);
}

}  // namespace kernels
#endif
