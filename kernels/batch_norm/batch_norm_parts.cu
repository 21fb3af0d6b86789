#include <cmath>

#include "kernels/batch_norm/batch_norm_parts.cuh"
#include "kernels/common/device_scratch.h"
#include "kernels/common/reduce.cuh"
#include "kernels/common/stream.h"

// Sums over the rows of each channel, in two steps: blocks reduce chunks of rows, and a second kernel
// combines the chunks, in an order that the shape decides. Bound by memory: each tensor is read once, at 2
// additions and a product for each float.
//
// Accuracy: a thread adds a few rows in float, all else is in double. The variance is never the difference
// of two large numbers. Within a chunk deviations are counted from `origin`, the mean of the chunk's first
// rows (so that neither a large mean nor an outlier does harm), and the chunks are combined by the formula of
// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
// (1979), for all chunks at once:
//   mean = sum of n_i mean_i / n,  M2 = sum of M2_i + n_i (mean_i - mean)^2.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

/// Rows that a thread has in flight at once, and adds in float.
constexpr int rows_in_flight = 4;

/// What a chunk's sums are, channel by channel: mean and M2 of x, or sums of d_out and d_out * (x - mean).
DeviceScratch chunk_memory;
DeviceScratch coefficient_memory;

/// Rows cut into chunks: one of them is what a block of a band_shape reduces.
struct Chunks {
    std::int64_t rows, size, count;

    /// Of tiles, the rows that the threads of a block take at once, `each` by itself. No more chunks than
    /// keep a device busy: combining them costs time, too.
    Chunks(std::int64_t all_rows, std::int64_t each, const dim3& block) : rows(all_rows) {
        constexpr std::int64_t most_chunks = 512;
        const std::int64_t tile = each * static_cast<std::int64_t>(block.y);
        const std::int64_t tiles = (rows + tile - 1) / tile;
        size = tile * ((tiles + most_chunks - 1) / most_chunks);
        count = rows == 0 ? 0 : (rows + size - 1) / size;
    }
    __device__ __forceinline__ std::int64_t begin(std::int64_t chunk) const { return chunk * size; }
    __device__ __forceinline__ std::int64_t end(std::int64_t chunk) const {
        return min((chunk + 1) * size, rows);
    }
};

/// The rows of a chunk that a thread has in flight: row(0) to row(rows_in_flight - 1), those that exist.
struct RowsInFlight {
    std::int64_t first, end;

    __device__ __forceinline__ std::int64_t row(int k) const {
        return first + static_cast<std::int64_t>(k) * blockDim.y + threadIdx.y;
    }
    __device__ __forceinline__ bool has(int k) const { return row(k) < end; }
    __device__ __forceinline__ void advance() { first += rows_in_flight * blockDim.y; }
};

template <int pack>
using Rows = Pack<float, pack>[rows_in_flight];

template <int pack>
__device__ __forceinline__ void load_rows(Rows<pack>& values, const float* x, const RowsInFlight& rows,
                                          std::int64_t channels) {
    for (int k = 0; k < rows_in_flight; ++k) {
        values[k] = {};
        if (rows.has(k)) values[k] = load<pack>(x + rows.row(k) * channels);
    }
}

/// For each channel of the block, the mean of the rows that its threads have in flight.
template <int pack>
__device__ __forceinline__ Pack<float, pack> mean_in_flight(const Rows<pack>& values,
                                                            const RowsInFlight& rows) {
    Pack<float, pack> sum{};
    for (const Pack<float, pack>& value : values)
        for (int i = 0; i < pack; ++i) sum.lane[i] += value.lane[i];
    Pack<float, pack> mean = column_sum<batch_norm_threads>(sum);
    const std::int64_t tile = rows_in_flight * static_cast<std::int64_t>(blockDim.y);
    const auto count = static_cast<float>(min(tile, rows.end - rows.first));
    for (int i = 0; i < pack; ++i) mean.lane[i] /= count;
    return mean;
}

template <int pack>
__device__ __forceinline__ void accumulate(Pack<double, pack>& sum, const Pack<float, pack>& value) {
    for (int i = 0; i < pack; ++i) sum.lane[i] += value.lane[i];
}

/// moments[chunk][c] from what the chunk's `rows` rows add up to, counted from `origin`.
template <int pack>
__device__ __forceinline__ void store_moments(double2* __restrict__ moments, const Pack<float, pack>& origin,
                                              Pack<double, pack> sum, Pack<double, pack> squares,
                                              std::int64_t rows, std::int64_t c, std::int64_t channels) {
    sum = column_sum<batch_norm_threads>(sum);
    squares = column_sum<batch_norm_threads>(squares);
    if (threadIdx.y != 0 || c >= channels) return;
    for (int i = 0; i < pack; ++i) {
        const double offset = sum.lane[i] / static_cast<double>(rows);  // of the mean, from the origin
        moments[blockIdx.x * channels + c + i] =
            make_double2(origin.lane[i] + offset, squares.lane[i] - sum.lane[i] * offset);
    }
}

/// moments[chunk][c] = mean and M2 of the chunk's rows.
template <int pack>
__global__ void __launch_bounds__(batch_norm_threads)
    chunk_moments_kernel(double2* __restrict__ moments, const float* __restrict__ x, Chunks chunks,
                         std::int64_t channels) {
    const std::int64_t c = channel_of_thread<pack>(), begin = chunks.begin(blockIdx.x);
    // A thread beyond the channels has no rows, but meets the others where the block adds up.
    const std::int64_t end = c < channels ? chunks.end(blockIdx.x) : begin;
    Pack<float, pack> origin{};
    Pack<double, pack> sum{}, squares{};
    RowsInFlight rows{begin, end};
    while (rows.first < chunks.end(blockIdx.x)) {
        Rows<pack> values;
        load_rows(values, x + c, rows, channels);
        if (rows.first == begin) origin = mean_in_flight(values, rows);
        Pack<float, pack> few{}, few_squares{};
        for (int k = 0; k < rows_in_flight; ++k) {
            if (!rows.has(k)) break;
            for (int i = 0; i < pack; ++i) {
                const float deviation = values[k].lane[i] - origin.lane[i];
                few.lane[i] += deviation;
                few_squares.lane[i] = __fmaf_rn(deviation, deviation, few_squares.lane[i]);
            }
        }
        accumulate(sum, few);
        accumulate(squares, few_squares);
        rows.advance();
    }
    store_moments(moments, origin, sum, squares, end - begin, c, channels);
}

/// The same from the moments of parts, of which a chunk has whole ones.
template <int pack>
__global__ void __launch_bounds__(batch_norm_threads)
    combine_parts_kernel(double2* __restrict__ moments, PartialMoments<float> x, Chunks chunks,
                         std::int64_t channels) {
    const std::int64_t c = channel_of_thread<pack>(), begin = chunks.begin(blockIdx.x),
                       end = chunks.end(blockIdx.x);
    const auto moments_from = [&](std::int64_t row) {
        return x.moments + row / x.rows_per_part * 2 * channels + c;
    };
    Pack<float, pack> origin{};
    Pack<double, pack> sum{}, squares{};
    if (c < channels) {
        origin = load<pack>(moments_from(begin));
        for (std::int64_t row = begin + threadIdx.y * x.rows_per_part; row < end;
             row += blockDim.y * x.rows_per_part) {
            const auto mean = load<pack>(moments_from(row)), m2 = load<pack>(moments_from(row) + channels);
            const auto count = static_cast<double>(min(x.rows_per_part, end - row));
            for (int i = 0; i < pack; ++i) {
                const double deviation = static_cast<double>(mean.lane[i]) - origin.lane[i];
                sum.lane[i] += count * deviation;
                squares.lane[i] += m2.lane[i] + count * deviation * deviation;
            }
        }
    }
    store_moments(moments, origin, sum, squares, end - begin, c, channels);
}

/// sums[chunk][c] = the sums of d_out and of d_out * (x - mean) over the chunk's rows.
template <int pack>
__global__ void __launch_bounds__(batch_norm_threads)
    chunk_gradients_kernel(double2* __restrict__ sums, const float* __restrict__ d_out,
                           const float* __restrict__ x, const float* __restrict__ mean, Chunks chunks,
                           std::int64_t channels) {
    const std::int64_t c = channel_of_thread<pack>();
    Pack<double, pack> sum{}, product{};
    if (c < channels) {
        const auto centre = load<pack>(mean + c);
        RowsInFlight rows{chunks.begin(blockIdx.x), chunks.end(blockIdx.x)};
        for (; rows.first < rows.end; rows.advance()) {
            Rows<pack> gradients, values;
            load_rows(gradients, d_out + c, rows, channels);
            load_rows(values, x + c, rows, channels);
            Pack<float, pack> few{}, few_products{};
            for (int k = 0; k < rows_in_flight; ++k) {
                if (!rows.has(k)) break;
                for (int i = 0; i < pack; ++i) {
                    const float deviation = values[k].lane[i] - centre.lane[i];
                    few.lane[i] += gradients[k].lane[i];
                    few_products.lane[i] = __fmaf_rn(gradients[k].lane[i], deviation, few_products.lane[i]);
                }
            }
            accumulate(sum, few);
            accumulate(product, few_products);
        }
    }
    sum = column_sum<batch_norm_threads>(sum);
    product = column_sum<batch_norm_threads>(product);
    if (threadIdx.y != 0 || c >= channels) return;
    for (int i = 0; i < pack; ++i)
        sums[blockIdx.x * channels + c + i] = make_double2(sum.lane[i], product.lane[i]);
}

/// The kernels that combine chunks: 8 channels to a block, whose 16-byte pairs are a whole cache line, and 32
/// threads to a channel, which take every 32nd chunk.
constexpr unsigned combined_channels = 8;

LaunchShape combine_shape(std::int64_t channels) {
    return {dim3(static_cast<unsigned>((channels + combined_channels - 1) / combined_channels)),
            dim3(combined_channels, batch_norm_threads / combined_channels)};
}

/// The sum of term(chunk) over all chunks, to all threads of a channel; no terms if `has_channel` is false.
template <typename Term>
__device__ __forceinline__ double sum_over_chunks(const Chunks& chunks, bool has_channel, const Term& term) {
    Pack<double, 1> sum{};
    if (has_channel)
        for (std::int64_t chunk = threadIdx.y; chunk < chunks.count; chunk += blockDim.y)
            sum.lane[0] += term(chunk);
    return column_sum<batch_norm_threads>(sum).lane[0];
}

__global__ void __launch_bounds__(batch_norm_threads)
    statistics_kernel(BatchNormTrainForward<float> args, float* __restrict__ scale,
                      const double2* __restrict__ moments, Chunks chunks) {
    const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const bool has_channel = c < args.channels;
    const auto count = [&](std::int64_t chunk) {
        return static_cast<double>(chunks.end(chunk) - chunks.begin(chunk));
    };
    const auto rows = static_cast<double>(args.rows);
    const double mean = sum_over_chunks(chunks, has_channel,
                                        [&](std::int64_t chunk) {
                                            return count(chunk) * moments[chunk * args.channels + c].x;
                                        }) /
                        rows;
    const double squares = sum_over_chunks(chunks, has_channel, [&](std::int64_t chunk) {
        const double2 of_chunk = moments[chunk * args.channels + c];
        const double difference = of_chunk.x - mean;
        return of_chunk.y + count(chunk) * difference * difference;
    });
    if (threadIdx.y != 0 || !has_channel) return;

    const double deviations = squares < 0 ? 0 : squares;  // a constant channel's may be rounded below
    const auto batch_mean = static_cast<float>(mean);
    const auto inv_std =
        static_cast<float>(1 / std::sqrt(deviations / rows + static_cast<double>(args.epsilon)));
    args.mean[c] = batch_mean;
    args.inv_std[c] = inv_std;
    scale[c] = inv_std * args.weight[c];

    const auto variance = static_cast<float>(deviations / (rows - 1));
    args.running_mean[c] = (1 - args.momentum) * args.running_mean[c] + args.momentum * batch_mean;
    args.running_var[c] = (1 - args.momentum) * args.running_var[c] + args.momentum * variance;
}

__global__ void running_scale_kernel(float* __restrict__ scale, BatchNormEvalForward<float> args) {
    for (const auto c : grid_stride_range(args.channels)) {
        const double variance = args.running_var[c];
        const double inv_std = 1 / std::sqrt(variance + static_cast<double>(args.epsilon));
        scale[c] = static_cast<float>(inv_std) * args.weight[c];
    }
}

__global__ void __launch_bounds__(batch_norm_threads)
    parameter_gradients_kernel(BatchNormBackward<float> args, float* __restrict__ scale,
                               float* __restrict__ offset, float* __restrict__ slope,
                               const double2* __restrict__ sums, Chunks chunks, std::int64_t batch_rows) {
    const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const bool has_channel = c < args.channels;
    const double sum = sum_over_chunks(chunks, has_channel,
                                       [&](std::int64_t chunk) { return sums[chunk * args.channels + c].x; });
    const double product = sum_over_chunks(
        chunks, has_channel, [&](std::int64_t chunk) { return sums[chunk * args.channels + c].y; });
    if (threadIdx.y != 0 || !has_channel) return;

    const auto rows = static_cast<double>(batch_rows);
    const double inv_std = args.inv_std[c];
    args.d_bias[c] += static_cast<float>(sum);
    args.d_weight[c] += static_cast<float>(product * inv_std);
    scale[c] = args.weight[c] * args.inv_std[c];
    offset[c] = args.batch_statistics ? static_cast<float>(sum / rows) : 0.0F;
    slope[c] = args.batch_statistics ? static_cast<float>(product * inv_std * inv_std / rows) : 0.0F;
}

}  // namespace

const float* batch_norm_statistics(const BatchNormTrainForward<float>& args,
                                   const PartialMoments<float>& x_moments) {
    float* scale = coefficient_memory.reserve<float>(args.channels);
    with_vector_width(
        args.channels,
        [&](auto pack) {
            const bool has_parts = x_moments.moments != nullptr;
            LaunchShape shape = band_shape(batch_norm_threads, 0, args.channels, pack());
            const Chunks chunks(args.rows, has_parts ? x_moments.rows_per_part : rows_in_flight, shape.block);
            shape.grid.x = static_cast<unsigned>(chunks.count);
            double2* moments = chunk_memory.reserve<double2>(chunks.count * args.channels);
            if (has_parts)
                launch(combine_parts_kernel<pack()>, shape, work_stream(), moments, x_moments, chunks,
                       args.channels);
            else
                launch(chunk_moments_kernel<pack()>, shape, work_stream(), moments, args.x, chunks,
                       args.channels);
            launch(statistics_kernel, combine_shape(args.channels), work_stream(), args, scale, moments,
                   chunks);
        },
        args.x, x_moments.moments);
    return scale;
}

const float* batch_norm_running_scale(const BatchNormEvalForward<float>& args) {
    float* scale = coefficient_memory.reserve<float>(args.channels);
    launch(running_scale_kernel, grid_stride_shape(args.channels), work_stream(), scale, args);
    return scale;
}

BatchNormInputGradient batch_norm_parameter_gradients(const BatchNormBackward<float>& args,
                                                      std::int64_t batch_rows) {
    const std::int64_t stride = (args.channels + 3) / 4 * 4;  // each on the boundary of a pack
    float* scale = coefficient_memory.reserve<float>(3 * stride);
    float* offset = scale + stride;
    float* slope = offset + stride;
    with_vector_width(
        args.channels,
        [&](auto pack) {
            LaunchShape shape = band_shape(batch_norm_threads, 0, args.channels, pack());
            const Chunks chunks(args.rows, rows_in_flight, shape.block);
            shape.grid.x = static_cast<unsigned>(chunks.count);
            double2* sums = chunk_memory.reserve<double2>(chunks.count * args.channels);
            launch(chunk_gradients_kernel<pack()>, shape, work_stream(), sums, args.d_out, args.x, args.mean,
                   chunks, args.channels);
            launch(parameter_gradients_kernel, combine_shape(args.channels), work_stream(), args, scale,
                   offset, slope, sums, chunks, batch_rows);
        },
        args.d_out, args.x, args.mean);
    return {args.mean, scale, offset, slope};
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
