#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/correct_predictions/correct_predictions.h"

// One block: a batch has few rows, of few classes, and the count is wanted at once. Each thread judges every
// 256th row by itself; the counts are whole numbers, so the order in which they are added does not matter.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;

/// Is the label the first of the largest? A NaN compares false with everything, so that it makes the row
/// wrong wherever it is.
__device__ bool is_correct(const float* row, std::int64_t classes, std::int64_t label) {
    if (label < 0 || label >= classes) return false;
    const float own = row[label];
    bool correct = own == own;
    for (std::int64_t c = 0; c < classes; ++c) correct &= c < label ? row[c] < own : row[c] <= own;
    return correct;
}

__global__ void __launch_bounds__(threads) correct_predictions_kernel(CorrectPredictions<float> args) {
    __shared__ unsigned count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    unsigned correct = 0;
    for (std::int64_t n = threadIdx.x; n < args.rows; n += threads)
        correct += is_correct(args.logits + n * args.classes, args.classes, args.labels[n]) ? 1 : 0;
    atomicAdd(&count, correct);
    __syncthreads();
    if (threadIdx.x == 0) *args.out = count;
}

}  // namespace

void correct_predictions(const CorrectPredictions<float>& args) {
    launch(correct_predictions_kernel, {dim3(1), dim3(threads)}, work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
