#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/common/bands.cuh"
#include "kernels/common/launch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"

// Bound by memory: the forward reads x once (4 bytes for each float), the backward reads and writes d_x (8).
//
// Forward: a block takes a band of channels of one bin, its threadIdx.y the pixels; sums are in double, so
// that a bin may be large. Backward: a block takes one row of one image, and each thread gathers from the
// bins that hold its pixel, so that no two threads add to one element where bins overlap.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 128;

__device__ __forceinline__ std::int64_t pixels(const PoolingBin& rows, const PoolingBin& columns) {
    return (rows.end - rows.begin) * (columns.end - columns.begin);
}

template <int pack>
__global__ void __launch_bounds__(threads) average_kernel(AdaptiveAvgPoolForward<float> args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    const std::int64_t bin = blockIdx.x, line = bin / s.out_width, image = line / s.out_height;
    const PoolingBin rows = pooling_bin(line % s.out_height, s.height, s.out_height),
                     columns = pooling_bin(bin % s.out_width, s.width, s.out_width);
    const std::int64_t c = channel_of_thread<pack>();
    Pack<double, pack> sum{};
    if (c < s.channels) {
        const float* corner =
            args.x + ((image * s.height + rows.begin) * s.width + columns.begin) * s.channels + c;
        const auto width = static_cast<unsigned>(columns.end - columns.begin),
                   count = static_cast<unsigned>(pixels(rows, columns));
        for (unsigned pixel = threadIdx.y; pixel < count; pixel += blockDim.y) {
            const auto x = load<pack>(corner + (pixel / width * s.width + pixel % width) * s.channels);
            for (int k = 0; k < pack; ++k) sum.lane[k] += x.lane[k];
        }
    }
    sum = column_sum<threads>(sum);
    if (threadIdx.y != 0 || c >= s.channels) return;
    Pack<float, pack> mean;
    for (int k = 0; k < pack; ++k)
        mean.lane[k] = static_cast<float>(sum.lane[k] / static_cast<double>(pixels(rows, columns)));
    store(args.out + bin * s.channels + c, mean);
}

/// Bins that hold input row `at`, among those of a height (or width, alike): bin i holds rows from
/// floor(i*size/bins) up to ceil((i+1)*size/bins). Solved for i, that is the same expression with sizes
/// exchanged.
__device__ __forceinline__ PoolingBin bins_of(std::int64_t at, std::int64_t size, std::int64_t bins) {
    return pooling_bin(at, bins, size);
}

template <int pack>
__global__ void __launch_bounds__(threads, 4) spread_kernel(AdaptiveAvgPoolBackward<float> args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    const std::int64_t line = blockIdx.x, image = line / s.height;
    const PoolingBin bin_rows = bins_of(line % s.height, s.height, s.out_height);
    const auto packs = static_cast<unsigned>(s.channels / pack);
    const unsigned items = static_cast<unsigned>(s.width) * packs;
    for (unsigned item = threadIdx.x; item < items; item += threads) {
        const PoolingBin bin_columns = bins_of(item / packs, s.width, s.out_width);
        float* target = args.d_x + line * s.width * s.channels + static_cast<std::int64_t>(item) * pack;
        auto d_x = load<pack>(target);
        for (std::int64_t i = bin_rows.begin; i < bin_rows.end; ++i) {
            const PoolingBin rows = pooling_bin(i, s.height, s.out_height);
            for (std::int64_t j = bin_columns.begin; j < bin_columns.end; ++j) {
                const auto size = static_cast<float>(pixels(rows, pooling_bin(j, s.width, s.out_width)));
                const std::int64_t bin = (image * s.out_height + i) * s.out_width + j;
                const auto d_out = load<pack>(args.d_out + bin * s.channels + item % packs * pack);
                for (int k = 0; k < pack; ++k) d_x.lane[k] += __fdiv_rn(d_out.lane[k], size);
            }
        }
        store(target, d_x);
    }
}

}  // namespace

void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    with_vector_width(
        s.channels,
        [&](auto pack) {
            launch(average_kernel<pack()>,
                   band_shape(threads, s.images * s.out_height * s.out_width, s.channels, pack()),
                   work_stream(), args);
        },
        args.out, args.x);
}

void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    with_vector_width(
        s.channels,
        [&](auto pack) {
            const LaunchShape shape = {dim3(static_cast<unsigned>(s.images * s.height)), dim3(threads)};
            launch(spread_kernel<pack()>, shape, work_stream(), args);
        },
        args.d_x, args.d_out);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
