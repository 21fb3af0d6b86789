#include "kernels/batch_norm/batch_norm_parts.cuh"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/common/bands.cuh"
#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/max_pool/max_pool.cuh"

// Bound by memory. Forward: the statistics read x, unless their parts came with it, the pooling reads x and
// writes out, winner_x and winner for a quarter of it: 4 + 4 + 2.25 bytes for each float of x. Backward: the
// sums read d_out and winner_x, one pass reads x, d_out and winner and writes d_x: 2 + 4 + 1.25 + 4 bytes,
// and 4 more where it adds.
//
// Threads share windows as batch_norm's share rows (bands.cuh): what belongs to their channels
// stays in registers while they go from window to window.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

/// Cell number `index` of a grid of `height` x `width` cells over each image; cell (i, j) has its first pixel
/// at row 2i, column 2j of the image.
struct Cell {
    std::int64_t image, i, j;

    __device__ __forceinline__ Cell(std::int64_t index, std::int64_t height, std::int64_t width) {
        const std::int64_t line = index / width;
        j = index % width;
        i = line % height;
        image = line / height;
    }
    /// Number of the cell's first pixel, counted through all images.
    __device__ __forceinline__ std::int64_t pixel(const BatchNormMaxPoolShape& s) const {
        return (image * s.height + 2 * i) * s.width + 2 * j;
    }
};

/// Training pools by the mean of the batch in the place of the running one; scale = weight * inv_std.
template <int pack>
__global__ void __launch_bounds__(batch_norm_threads, 4)
    pool_kernel(float* __restrict__ out, std::uint8_t* __restrict__ winner, float* __restrict__ winner_x,
                const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ scale,
                const float* __restrict__ bias, BatchNormMaxPoolShape s) {
    const std::int64_t c = channel_of_thread<pack>();
    if (c >= s.channels) return;
    const Normalisation<pack> normalised(mean, scale, bias, c);
    for (std::int64_t window = row_of_thread(); window < s.out_rows(); window += row_step()) {
        const float* corner = x + Cell(window, s.out_height(), s.out_width()).pixel(s) * s.channels + c;
        Pack<float, pack> best_x = load<pack>(corner), best = normalised(best_x);
        Pack<std::uint8_t, pack> place{};
        for (int k = 1; k < 4; ++k) {
            const auto next = load<pack>(corner + (k / 2 * s.width + k % 2) * s.channels);
            const auto value = normalised(next);
            for (int lane = 0; lane < pack; ++lane) {
                if (!beats(value.lane[lane], best.lane[lane])) continue;
                best_x.lane[lane] = next.lane[lane];
                best.lane[lane] = value.lane[lane];
                place.lane[lane] = static_cast<std::uint8_t>(k);
            }
        }
        const std::int64_t at = window * s.channels + c;
        store(out + at, best);
        store(winner_x + at, best_x);
        store(winner + at, place);
    }
}

/// A thread takes cells of 2x2 pixels. All whole ones are windows; at the end of an odd height or width there
/// are cells cut in half, which are in no window: no gradient comes to them but what all elements get through
/// the statistics.
template <int pack, bool add_to_d_x>
__global__ void __launch_bounds__(batch_norm_threads)
    unpool_kernel(float* __restrict__ d_x, const std::uint8_t* __restrict__ winner,
                  const float* __restrict__ d_out, const float* __restrict__ x, BatchNormInputGradient terms,
                  BatchNormMaxPoolShape s) {
    const std::int64_t c = channel_of_thread<pack>();
    if (c >= s.channels) return;
    const InputGradient<pack> gradient(terms, c);
    const std::int64_t height = (s.height + 1) / 2, width = (s.width + 1) / 2;
    for (std::int64_t index = row_of_thread(); index < s.images * height * width; index += row_step()) {
        const Cell cell(index, height, width);
        Pack<float, pack> of_window{};
        Pack<std::uint8_t, pack> place{};
        if (cell.i < s.out_height() && cell.j < s.out_width()) {
            const std::int64_t window = (cell.image * s.out_height() + cell.i) * s.out_width() + cell.j;
            of_window = load<pack>(d_out + window * s.channels + c);
            place = load<pack>(winner + window * s.channels + c);
        }
        for (int k = 0; k < 4; ++k) {
            const int row = k / 2, column = k % 2;
            if (2 * cell.i + row >= s.height || 2 * cell.j + column >= s.width) continue;
            const std::int64_t at = (cell.pixel(s) + row * s.width + column) * s.channels + c;
            Pack<float, pack> d_y{}, before{};
            for (int lane = 0; lane < pack; ++lane)
                if (place.lane[lane] == k) d_y.lane[lane] = of_window.lane[lane];
            if constexpr (add_to_d_x) before = load<pack>(d_x + at);
            store(d_x + at, gradient(before, d_y, load<pack>(x + at)));
        }
    }
}

void pool(const BatchNormMaxPoolEvalForward<float>& args, const float* scale) {
    const BatchNormMaxPoolShape& s = args.shape;
    with_vector_width(
        s.channels,
        [&](auto pack) {
            launch(pool_kernel<pack()>,
                   elementwise_band_shape(batch_norm_threads, s.out_rows(), s.channels, pack()),
                   work_stream(), args.out, args.winner, args.winner_x, args.x, args.running_mean, scale,
                   args.bias, s);
        },
        args.out, args.winner, args.winner_x, args.x, args.running_mean, scale, args.bias);
}

template <bool add_to_d_x>
void unpool(const BatchNormMaxPoolBackward<float>& args, const BatchNormInputGradient& terms) {
    const BatchNormMaxPoolShape& s = args.shape;
    const std::int64_t cells = s.images * ((s.height + 1) / 2) * ((s.width + 1) / 2);
    with_vector_width(
        s.channels,
        [&](auto pack) {
            launch(unpool_kernel<pack(), add_to_d_x>,
                   elementwise_band_shape(batch_norm_threads, cells, s.channels, pack()), work_stream(),
                   args.d_x, args.winner, args.d_out, args.x, terms, s);
        },
        args.d_x, args.winner, args.d_out, args.x, terms.mean, terms.scale, terms.offset, terms.slope);
}

}  // namespace

void batch_norm_max_pool_train_forward(const BatchNormMaxPoolTrainForward<float>& args) {
    const float* scale = batch_norm_statistics(
        {nullptr, args.mean, args.inv_std, args.running_mean, args.running_var, args.x, args.weight,
         args.bias, args.epsilon, args.momentum, args.shape.rows(), args.shape.channels},
        args.x_moments);
    pool({args.out, args.winner, args.winner_x, args.x, args.mean, nullptr, args.weight, args.bias,
          args.epsilon, args.shape},
         scale);
}

void batch_norm_max_pool_eval_forward(const BatchNormMaxPoolEvalForward<float>& args) {
    const float* scale =
        batch_norm_running_scale({nullptr, args.x, args.running_mean, args.running_var, args.weight,
                                  args.bias, args.epsilon, args.shape.rows(), args.shape.channels});
    pool(args, scale);
}

void batch_norm_max_pool_backward(const BatchNormMaxPoolBackward<float>& args) {
    const BatchNormInputGradient terms = batch_norm_parameter_gradients(
        {nullptr, args.d_weight, args.d_bias, args.mean, args.inv_std, args.d_out, args.winner_x, args.weight,
         args.batch_statistics, args.shape.out_rows(), args.shape.channels},
        args.shape.rows());
    if (!args.d_x) return;
    if (args.add_to_d_x) {
        unpool<true>(args, terms);
    } else {
        unpool<false>(args, terms);
    }
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
