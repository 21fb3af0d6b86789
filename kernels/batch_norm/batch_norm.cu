#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/batch_norm_parts.cuh"
#include "kernels/common/bands.cuh"
#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"

// Bound by memory: the statistics (batch_norm_parts.cu) read the tensor once, the normalisation reads and
// writes it once, 12 bytes for each float in all. Backward: the sums read x and d_out, the last pass reads
// both again and adds to d_x, 24 bytes.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

template <int pack>
__global__ void __launch_bounds__(batch_norm_threads)
    normalise_kernel(float* __restrict__ out, const float* __restrict__ x, const float* __restrict__ mean,
                     const float* __restrict__ scale, const float* __restrict__ bias, std::int64_t rows,
                     std::int64_t channels) {
    const std::int64_t c = channel_of_thread<pack>();
    if (c >= channels) return;
    const Normalisation<pack> normalised(mean, scale, bias, c);
    for (std::int64_t row = row_of_thread(); row < rows; row += row_step()) {
        const std::int64_t i = row * channels + c;
        store(out + i, normalised(load<pack>(x + i)));
    }
}

template <int pack>
__global__ void __launch_bounds__(batch_norm_threads)
    input_gradient_kernel(float* __restrict__ d_x, const float* __restrict__ d_out,
                          const float* __restrict__ x, BatchNormInputGradient terms, std::int64_t rows,
                          std::int64_t channels) {
    const std::int64_t c = channel_of_thread<pack>();
    if (c >= channels) return;
    const InputGradient<pack> gradient(terms, c);
    for (std::int64_t row = row_of_thread(); row < rows; row += row_step()) {
        const std::int64_t i = row * channels + c;
        store(d_x + i, gradient(load<pack>(d_x + i), load<pack>(d_out + i), load<pack>(x + i)));
    }
}

void normalise(float* out, const float* x, const float* mean, const float* scale, const float* bias,
               std::int64_t rows, std::int64_t channels) {
    with_vector_width(
        channels,
        [&](auto pack) {
            launch(normalise_kernel<pack()>,
                   elementwise_band_shape(batch_norm_threads, rows, channels, pack()), work_stream(), out, x,
                   mean, scale, bias, rows, channels);
        },
        out, x, mean, scale, bias);
}

}  // namespace

void batch_norm_train_forward(const BatchNormTrainForward<float>& args) {
    const float* scale = batch_norm_statistics(args);
    normalise(args.out, args.x, args.mean, scale, args.bias, args.rows, args.channels);
}

void batch_norm_eval_forward(const BatchNormEvalForward<float>& args) {
    const float* scale = batch_norm_running_scale(args);
    normalise(args.out, args.x, args.running_mean, scale, args.bias, args.rows, args.channels);
}

void batch_norm_backward(const BatchNormBackward<float>& args) {
    const BatchNormInputGradient terms = batch_norm_parameter_gradients(args, args.rows);
    if (!args.d_x) return;
    with_vector_width(
        args.channels,
        [&](auto pack) {
            launch(input_gradient_kernel<pack()>,
                   elementwise_band_shape(batch_norm_threads, args.rows, args.channels, pack()),
                   work_stream(), args.d_x, args.d_out, args.x, terms, args.rows, args.channels);
        },
        args.d_x, args.d_out, args.x, args.mean, terms.scale, terms.offset, terms.slope);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
