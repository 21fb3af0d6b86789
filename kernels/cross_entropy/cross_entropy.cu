#include "kernels/common/device_scratch.h"
#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"
#include "kernels/cross_entropy/cross_entropy.h"

// Forward: a warp takes a row, its lanes the classes in turn, and the sums over classes are made by shuffles,
// in double, as on the CPU; one block then adds the losses of the rows, each thread every 256th. So the order
// of all additions depends on the shape alone. A batch has a few hundred rows of ten classes: all of this
// takes as long as the two launches do.
//
// Backward: a thread for each logit, 12 bytes for each.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr unsigned rows_per_block = threads / warp_size;

constinit DeviceScratch loss_of_rows;

__device__ float warp_max(float value) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        value = fmaxf(value, __shfl_xor_sync(whole_warp, value, distance));
    return value;
}

/// What lanes know of a row, the same in all of them.
struct RowSums {
    float max;
    double exponentials;  ///< sum of exp(z - max)
    double differences;   ///< sum of z - max
};

/// Writes exp(z - max) to `probabilities`. A maximum that overlooks NaN will do: the sum finds it.
__device__ RowSums sum_row(float* probabilities, const float* z, std::int64_t classes) {
    const unsigned lane = threadIdx.x % warp_size;
    float max = -HUGE_VALF;
    for (std::int64_t c = lane; c < classes; c += warp_size) max = fmaxf(max, z[c]);
    RowSums sums{warp_max(max), 0, 0};
    for (std::int64_t c = lane; c < classes; c += warp_size) {
        const float exponential = expf(z[c] - sums.max);
        probabilities[c] = exponential;
        sums.exponentials += exponential;
        sums.differences += z[c] - sums.max;
    }
    sums.exponentials = warp_sum(sums.exponentials);
    sums.differences = warp_sum(sums.differences);
    return sums;
}

/// With l_c = z_c - max - log(sum): -(1 - s) l_label - s * mean of l_c. NaN if the label is no class.
__device__ double loss_of(const RowSums& sums, const float* z, std::int64_t label, double smoothing,
                          std::int64_t classes) {
    if (label < 0 || label >= classes) return NAN;
    const double log_sum = log(sums.exponentials);
    const double loss = log_sum - static_cast<double>(z[label] - sums.max);
    if (smoothing == 0) return loss;  // also where another logit is -infinity: it has no weight
    const double mean = log_sum - sums.differences / static_cast<double>(classes);
    return (1 - smoothing) * loss + smoothing * mean;
}

__global__ void __launch_bounds__(threads) row_kernel(CrossEntropyForward<float> args, double* losses) {
    const std::int64_t n = static_cast<std::int64_t>(blockIdx.x) * rows_per_block + threadIdx.x / warp_size;
    if (n >= args.rows) return;  // the whole warp
    const float* z = args.logits + n * args.classes;
    float* probabilities = args.probabilities + n * args.classes;
    const RowSums sums = sum_row(probabilities, z, args.classes);
    const unsigned lane = threadIdx.x % warp_size;
    for (std::int64_t c = lane; c < args.classes; c += warp_size)
        probabilities[c] = static_cast<float>(probabilities[c] / sums.exponentials);
    if (lane == 0) losses[n] = loss_of(sums, z, args.labels[n], args.smoothing, args.classes);
}

__global__ void __launch_bounds__(threads) mean_kernel(float* loss, const double* losses, std::int64_t rows) {
    double sum = 0;
    for (std::int64_t n = threadIdx.x; n < rows; n += threads) sum += losses[n];
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) *loss = static_cast<float>(sum / static_cast<double>(rows));
}

__global__ void backward_kernel(CrossEntropyBackward<float> args) {
    const float scale = *args.d_loss / static_cast<float>(args.rows);
    const float share = args.smoothing / static_cast<float>(args.classes);
    for (const auto i : grid_stride_range(args.rows * args.classes)) {
        const bool is_label = args.labels[i / args.classes] == i % args.classes;
        const float target = (is_label ? 1 - args.smoothing : 0) + share;
        args.d_logits[i] += scale * (args.probabilities[i] - target);
    }
}

}  // namespace

void cross_entropy_forward(const CrossEntropyForward<float>& args) {
    auto* losses = loss_of_rows.reserve<double>(args.rows);
    const auto blocks = static_cast<unsigned>((args.rows + rows_per_block - 1) / rows_per_block);
    launch(row_kernel, {dim3(blocks), dim3(threads)}, work_stream(), args, losses);
    launch(mean_kernel, {dim3(1), dim3(threads)}, work_stream(), args.loss, losses, args.rows);
}

void cross_entropy_backward(const CrossEntropyBackward<float>& args) {
    launch(backward_kernel, grid_stride_shape(args.rows * args.classes), work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
