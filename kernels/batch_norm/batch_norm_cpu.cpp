#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm/batch_norm_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/batch_norm/batch_norm-inl.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/batch_norm_parts.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_loop-inl.h"

// Bound by memory: the statistics read the tensor once, the normalisation reads and writes it once. Vectors
// run over the channels, which lie side by side.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// out = (x - mean) * scale + bias.
void normalise(float* out, const float* x, const float* mean, const float* scale, const float* bias,
               std::int64_t rows, std::int64_t channels) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t row = r * channels;
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            hn::StoreU(normalised(d, hn::LoadU(d, x + row + c), mean, scale, bias, c), d, out + row + c);
        });
    }
}

/// d_x += scale * (d_out - offset - (x - mean) * slope).
void add_input_gradient(float* d_x, const float* d_out, const float* x,
                        const cpu::BatchNormInputGradient& terms, std::int64_t rows, std::int64_t channels) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t row = r * channels;
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto gradient =
                centred_gradient(d, hn::LoadU(d, d_out + row + c), hn::LoadU(d, x + row + c), terms, c);
            const auto before = hn::LoadU(d, d_x + row + c);
            hn::StoreU(hn::MulAdd(hn::LoadU(d, terms.scale + c), gradient, before), d, d_x + row + c);
        });
    }
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(normalise);
HWY_EXPORT(add_input_gradient);

namespace {

constexpr std::int64_t chunk_rows = 256;  // of a work item

void normalise_rows(float* out, const float* x, const float* mean, const float* scale, const float* bias,
                    std::int64_t rows, std::int64_t channels) {
    parallel_chunks(rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        HWY_DYNAMIC_DISPATCH(normalise)
        (out + begin * channels, x + begin * channels, mean, scale, bias, end - begin, channels);
    });
}

}  // namespace

void cpu::batch_norm_train_forward(const BatchNormTrainForward<float>& args) {
    const float* scale = batch_norm_statistics(args);
    normalise_rows(args.out, args.x, args.mean, scale, args.bias, args.rows, args.channels);
}

void cpu::batch_norm_eval_forward(const BatchNormEvalForward<float>& args) {
    const float* scale = batch_norm_running_scale(args);
    normalise_rows(args.out, args.x, args.running_mean, scale, args.bias, args.rows, args.channels);
}

void cpu::batch_norm_backward(const BatchNormBackward<float>& args) {
    const BatchNormInputGradient terms = batch_norm_parameter_gradients(args, args.rows);
    if (!args.d_x) return;
    parallel_chunks(args.rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t first = begin * args.channels;
        HWY_DYNAMIC_DISPATCH(add_input_gradient)
        (args.d_x + first, args.d_out + first, args.x + first, terms, end - begin, args.channels);
    });
}

}  // namespace kernels
#endif
