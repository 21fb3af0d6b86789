#include <algorithm>
#include <cmath>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm/batch_norm_parts_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/batch_norm/batch_norm_parts.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/common/simd_loop-inl.h"

// Bound by memory: each tensor is read once. Vectors run over the channels, which lie side by side; each
// passes over a block of rows with its sums in registers.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of a work item. Fixed, so that sums do not depend on the number of threads, and few enough to stay in
/// cache.
constexpr std::int64_t chunk_rows = 256;
/// Rows that are summed in float, in registers, before the sums join those of their chunk in double: few
/// enough for rounding to stay that of a float, and for the first-level cache to hold the block until the
/// last vector of channels has passed over it.
constexpr std::int64_t block_rows = 16;

std::int64_t chunks(std::int64_t rows) { return (rows + chunk_rows - 1) / chunk_rows; }

/// Memory of the calling thread, kept from call to call; workers write into it.
template <typename T>
T* scratch(std::int64_t size) {
    static thread_local Scratch<T> memory;
    return memory.reserve(size);
}

/// Two sums for each channel of each chunk of rows, one chunk after the other.
struct ChunkSums {
    double* values;
    std::int64_t channels;

    double* first(std::int64_t chunk) const { return values + 2 * chunk * channels; }
    double* second(std::int64_t chunk) const { return first(chunk) + channels; }
};

template <class D>
HWY_INLINE hn::Vec<D> load_as_double(D d, const float* p) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), p));
}

template <class D>
HWY_INLINE void accumulate(D d, hn::Vec<D> value, double* sum) {
    hn::StoreU(hn::Add(hn::LoadU(d, sum), value), d, sum);
}

/// The same for a vector of floats, whose lanes fill two vectors of doubles.
template <class D>
HWY_INLINE void accumulate_floats(D d, hn::Vec<D> value, double* sum) {
    HWY_ALIGN float lanes[hn::MaxLanes(d)];
    hn::Store(value, d, lanes);
    for_each_vector<double>(static_cast<std::int64_t>(hn::Lanes(d)),
                            [&](auto doubles, std::int64_t i) HWY_ATTR {
                                accumulate(doubles, load_as_double(doubles, lanes + i), sum + i);
                            });
}

/// Mean of a few rows, good enough for sums of deviations to be counted from.
void approximate_mean(float* mean, const float* x, std::int64_t rows, std::int64_t channels) {
    for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (std::int64_t r = 0; r < rows; ++r) sum = hn::Add(sum, hn::LoadU(d, x + r * channels + c));
        hn::StoreU(hn::Mul(sum, hn::Set(d, 1 / static_cast<float>(rows))), d, mean + c);
    });
}

/// For each channel of some rows, the sums of x - origin and of its square. With an origin among the values,
/// a mean much larger than the deviation does no harm when the square of the sum is subtracted later; and as
/// it is not one value but the mean of a block, neither does an outlier.
void sum_deviations(double* sum, double* squares, float* origin, const float* x, std::int64_t rows,
                    std::int64_t channels) {
    approximate_mean(origin, x, std::min(rows, block_rows), channels);
    std::fill_n(sum, channels, 0.0);
    std::fill_n(squares, channels, 0.0);
    for (std::int64_t begin = 0; begin < rows; begin += block_rows) {
        const std::int64_t end = std::min(rows, begin + block_rows);
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto centre = hn::LoadU(d, origin + c);
            auto block_sum = hn::Zero(d), block_squares = hn::Zero(d);
            for (std::int64_t r = begin; r < end; ++r) {
                const auto deviation = hn::Sub(hn::LoadU(d, x + r * channels + c), centre);
                block_sum = hn::Add(block_sum, deviation);
                block_squares = hn::MulAdd(deviation, deviation, block_squares);
            }
            accumulate_floats(d, block_sum, sum + c);
            accumulate_floats(d, block_squares, squares + c);
        });
    }
}

/// For each channel of some rows, the sums of d_out and of d_out * (x - mean).
void sum_gradients(double* sum, double* product, const float* d_out, const float* x, const float* mean,
                   std::int64_t rows, std::int64_t channels) {
    std::fill_n(sum, channels, 0.0);
    std::fill_n(product, channels, 0.0);
    for (std::int64_t begin = 0; begin < rows; begin += block_rows) {
        const std::int64_t end = std::min(rows, begin + block_rows);
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto centre = hn::LoadU(d, mean + c);
            auto block_sum = hn::Zero(d), block_product = hn::Zero(d);
            for (std::int64_t r = begin; r < end; ++r) {
                const auto gradient = hn::LoadU(d, d_out + r * channels + c);
                const auto deviation = hn::Sub(hn::LoadU(d, x + r * channels + c), centre);
                block_sum = hn::Add(block_sum, gradient);
                block_product = hn::MulAdd(gradient, deviation, block_product);
            }
            accumulate_floats(d, block_sum, sum + c);
            accumulate_floats(d, block_product, product + c);
        });
    }
}

/// Mean, and sum of squared deviations from it, of each channel, chunk by chunk, by the pairwise formula of
/// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
/// (1979), equation 2.1.
void combine(double* mean, double* squares, const ChunkSums& sums, const float* origins, std::int64_t rows) {
    const std::int64_t channels = sums.channels;
    for_each_vector<double>(channels, [&](auto d, std::int64_t c) HWY_ATTR {
        auto all_mean = hn::Zero(d), all_squares = hn::Zero(d);
        for (std::int64_t begin = 0; begin < rows; begin += chunk_rows) {
            const auto before = static_cast<double>(begin);
            const auto count = static_cast<double>(std::min(chunk_rows, rows - begin));
            const auto share = hn::Set(d, count / (before + count));
            const auto sum = hn::LoadU(d, sums.first(begin / chunk_rows) + c);
            const auto offset = hn::Mul(sum, hn::Set(d, 1 / count));  // of the mean, from the origin
            const auto chunk_squares =
                hn::NegMulAdd(sum, offset, hn::LoadU(d, sums.second(begin / chunk_rows) + c));
            const auto chunk_mean =
                hn::Add(load_as_double(d, origins + begin / chunk_rows * channels + c), offset);
            const auto difference = hn::Sub(chunk_mean, all_mean);
            const auto between = hn::Mul(hn::Mul(difference, difference), hn::Mul(share, hn::Set(d, before)));
            all_mean = hn::MulAdd(difference, share, all_mean);
            all_squares = hn::Add(all_squares, hn::Add(chunk_squares, between));
        }
        hn::StoreU(all_mean, d, mean + c);
        hn::StoreU(all_squares, d, squares + c);
    });
}

/// Mean (channels), then sum of squared deviations (channels), in memory of the calling thread.
double* moments(const float* x, std::int64_t rows, std::int64_t channels) {
    const std::int64_t total = chunks(rows);  // its place, behind those of the chunks
    const ChunkSums sums{scratch<double>(2 * (total + 1) * channels), channels};
    float* origins = scratch<float>(total * channels);
    parallel_chunks(rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        const std::int64_t chunk = begin / chunk_rows;
        sum_deviations(sums.first(chunk), sums.second(chunk), origins + chunk * channels,
                       x + begin * channels, end - begin, channels);
    });
    combine(sums.first(total), sums.second(total), sums, origins, rows);
    return sums.first(total);
}

/// Sum of d_out (channels), then of d_out * (x - mean) (channels), in memory of the calling thread.
double* gradient_sums(const float* d_out, const float* x, const float* mean, std::int64_t rows,
                      std::int64_t channels) {
    const std::int64_t total = chunks(rows);
    const ChunkSums sums{scratch<double>(2 * (total + 1) * channels), channels};
    parallel_chunks(rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        const std::int64_t chunk = begin / chunk_rows, first = begin * channels;
        sum_gradients(sums.first(chunk), sums.second(chunk), d_out + first, x + first, mean, end - begin,
                      channels);
    });
    std::fill_n(sums.first(total), 2 * channels, 0.0);
    for (std::int64_t chunk = 0; chunk < total; ++chunk) {
        for_each_vector<double>(2 * channels, [&](auto d, std::int64_t i) HWY_ATTR {
            accumulate(d, hn::LoadU(d, sums.first(chunk) + i), sums.first(total) + i);
        });
    }
    return sums.first(total);
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(moments);
HWY_EXPORT(gradient_sums);

namespace {

/// Memory of the calling thread, kept from call to call.
float* coefficients(std::int64_t size) {
    static thread_local Scratch<float> memory;
    return memory.reserve(size);
}

}  // namespace

const float* cpu::batch_norm_statistics(const BatchNormTrainForward<float>& args) {
    const double* mean = HWY_DYNAMIC_DISPATCH(moments)(args.x, args.rows, args.channels);
    const double* squares = mean + args.channels;
    const auto rows = static_cast<double>(args.rows);
    float* scale = coefficients(args.channels);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const double deviations = std::max(squares[c], 0.0);  // a constant channel's may be rounded below
        args.mean[c] = static_cast<float>(mean[c]);
        args.inv_std[c] = static_cast<float>(1 / std::sqrt(deviations / rows + args.epsilon));
        scale[c] = args.inv_std[c] * args.weight[c];

        const auto variance = static_cast<float>(deviations / (rows - 1));
        args.running_mean[c] = (1 - args.momentum) * args.running_mean[c] + args.momentum * args.mean[c];
        args.running_var[c] = (1 - args.momentum) * args.running_var[c] + args.momentum * variance;
    }
    return scale;
}

const float* cpu::batch_norm_running_scale(const BatchNormEvalForward<float>& args) {
    float* scale = coefficients(args.channels);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const double variance = args.running_var[c];
        scale[c] = static_cast<float>(1 / std::sqrt(variance + args.epsilon)) * args.weight[c];
    }
    return scale;
}

cpu::BatchNormInputGradient cpu::batch_norm_parameter_gradients(const BatchNormBackward<float>& args,
                                                                std::int64_t batch_rows) {
    const std::int64_t channels = args.channels;
    const double* sum =
        HWY_DYNAMIC_DISPATCH(gradient_sums)(args.d_out, args.x, args.mean, args.rows, channels);
    const double* product = sum + channels;
    const auto rows = static_cast<double>(batch_rows);
    float* scale = coefficients(3 * channels);
    float* offset = scale + channels;
    float* slope = offset + channels;
    for (std::int64_t c = 0; c < channels; ++c) {
        const double inv_std = args.inv_std[c];
        args.d_bias[c] += static_cast<float>(sum[c]);
        args.d_weight[c] += static_cast<float>(product[c] * inv_std);
        scale[c] = args.weight[c] * args.inv_std[c];
        offset[c] = static_cast<float>(args.batch_statistics ? sum[c] / rows : 0);
        slope[c] = static_cast<float>(args.batch_statistics ? product[c] * inv_std * inv_std / rows : 0);
    }
    return {args.mean, scale, offset, slope};
}

}  // namespace kernels
#endif
