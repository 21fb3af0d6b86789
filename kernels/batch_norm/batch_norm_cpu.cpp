#include <algorithm>
#include <cmath>

#include "kernels/common/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm/batch_norm_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/common/simd_loop-inl.h"

// Bound by memory: the statistics read the tensor once, the normalisation reads and writes it once. Vectors
// run over the channels, which lie side by side.
HWY_BEFORE_NAMESPACE();
namespace kernels::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> load_as_double(D d, const float* p) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), p));
}

template <class D>
HWY_INLINE void accumulate(D d, hn::Vec<D> value, double* sum) {
    hn::StoreU(hn::Add(hn::LoadU(d, sum), value), d, sum);
}

/// For each channel of some rows, the sums of x - x[0] and of its square. Counted from the first row, a mean
/// much larger than the deviation does no harm when the square of the sum is subtracted later.
void sum_deviations(double* sum, double* squares, const float* x, std::int64_t rows, std::int64_t channels) {
    std::fill_n(sum, channels, 0.0);
    std::fill_n(squares, channels, 0.0);
    for (std::int64_t r = 1; r < rows; ++r) {
        const float* row = x + r * channels;
        for_each_vector<double>(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto deviation = hn::Sub(load_as_double(d, row + c), load_as_double(d, x + c));
            accumulate(d, deviation, sum + c);
            accumulate(d, hn::Mul(deviation, deviation), squares + c);
        });
    }
}

/// For each channel of some rows, the sums of d_out and of d_out * (x - mean).
void sum_gradients(double* sum, double* product, const float* d_out, const float* x, const float* mean,
                   std::int64_t rows, std::int64_t channels) {
    std::fill_n(sum, channels, 0.0);
    std::fill_n(product, channels, 0.0);
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t row = r * channels;
        for_each_vector<double>(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto gradient = load_as_double(d, d_out + row + c);
            const auto deviation = hn::Sub(load_as_double(d, x + row + c), load_as_double(d, mean + c));
            accumulate(d, gradient, sum + c);
            accumulate(d, hn::Mul(gradient, deviation), product + c);
        });
    }
}

/// out = (x - mean) * scale + bias. The mean is not folded into the bias: x - mean is exact where both are
/// large.
void normalise(float* out, const float* x, const float* mean, const float* scale, const float* bias,
               std::int64_t rows, std::int64_t channels) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t row = r * channels;
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto deviation = hn::Sub(hn::LoadU(d, x + row + c), hn::LoadU(d, mean + c));
            const auto value = hn::MulAdd(deviation, hn::LoadU(d, scale + c), hn::LoadU(d, bias + c));
            hn::StoreU(value, d, out + row + c);
        });
    }
}

/// d_x += scale * (d_out - offset - (x - mean) * slope).
void add_input_gradient(float* d_x, const float* d_out, const float* x, const float* mean, const float* scale,
                        const float* offset, const float* slope, std::int64_t rows, std::int64_t channels) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t row = r * channels;
        for_each_vector(channels, [&](auto d, std::int64_t c) HWY_ATTR {
            const auto deviation = hn::Sub(hn::LoadU(d, x + row + c), hn::LoadU(d, mean + c));
            const auto centred = hn::Sub(hn::LoadU(d, d_out + row + c), hn::LoadU(d, offset + c));
            const auto gradient = hn::NegMulAdd(deviation, hn::LoadU(d, slope + c), centred);
            const auto before = hn::LoadU(d, d_x + row + c);
            hn::StoreU(hn::MulAdd(hn::LoadU(d, scale + c), gradient, before), d, d_x + row + c);
        });
    }
}

}  // namespace
}  // namespace kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernels {
HWY_EXPORT(sum_deviations);
HWY_EXPORT(sum_gradients);
HWY_EXPORT(normalise);
HWY_EXPORT(add_input_gradient);

namespace {

/// Rows of a work item. Fixed, so that sums do not depend on the number of threads, and few enough to stay in
/// cache.
constexpr std::int64_t chunk_rows = 256;

/// Memory of the calling thread, kept from call to call; workers are handed pointers into it.
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

struct Moments {
    double mean = 0;
    double squares = 0;  ///< sum of squared deviations from the mean
};

/// Mean and squared deviations of channel c, chunk by chunk, by the pairwise formula of Chan, Golub and
/// LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979), equation 2.1.
Moments combine(const BatchNormTrainForward<float>& args, const ChunkSums& sums, std::int64_t c) {
    Moments all;
    for (std::int64_t begin = 0; begin < args.rows; begin += chunk_rows) {
        const auto before = static_cast<double>(begin);
        const auto count = static_cast<double>(std::min(chunk_rows, args.rows - begin));
        const double sum = sums.first(begin / chunk_rows)[c];
        const double mean = args.x[begin * args.channels + c] + sum / count;
        const double squares = sums.second(begin / chunk_rows)[c] - sum * sum / count;
        const double difference = mean - all.mean;
        all.mean += difference * count / (before + count);
        all.squares += squares + difference * difference * before * count / (before + count);
    }
    all.squares = std::max(all.squares, 0.0);  // rounding may leave a constant channel just below
    return all;
}

std::int64_t chunks(std::int64_t rows) { return (rows + chunk_rows - 1) / chunk_rows; }

void normalise_rows(float* out, const float* x, const float* mean, const float* scale, const float* bias,
                    std::int64_t rows, std::int64_t channels) {
    parallel_chunks(rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        HWY_DYNAMIC_DISPATCH(normalise)
        (out + begin * channels, x + begin * channels, mean, scale, bias, end - begin, channels);
    });
}

}  // namespace

void cpu::batch_norm_train_forward(const BatchNormTrainForward<float>& args) {
    const ChunkSums sums{scratch<double>(2 * chunks(args.rows) * args.channels), args.channels};
    parallel_chunks(args.rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t chunk = begin / chunk_rows;
        HWY_DYNAMIC_DISPATCH(sum_deviations)
        (sums.first(chunk), sums.second(chunk), args.x + begin * args.channels, end - begin, args.channels);
    });

    float* scale = scratch<float>(args.channels);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const Moments moments = combine(args, sums, c);
        const auto rows = static_cast<double>(args.rows);
        args.mean[c] = static_cast<float>(moments.mean);
        args.inv_std[c] = static_cast<float>(1 / std::sqrt(moments.squares / rows + args.epsilon));
        scale[c] = args.inv_std[c] * args.weight[c];

        const auto variance = static_cast<float>(moments.squares / (rows - 1));
        args.running_mean[c] = (1 - args.momentum) * args.running_mean[c] + args.momentum * args.mean[c];
        args.running_var[c] = (1 - args.momentum) * args.running_var[c] + args.momentum * variance;
    }
    normalise_rows(args.out, args.x, args.mean, scale, args.bias, args.rows, args.channels);
}

void cpu::batch_norm_eval_forward(const BatchNormEvalForward<float>& args) {
    float* scale = scratch<float>(args.channels);
    for (std::int64_t c = 0; c < args.channels; ++c) {
        const double variance = args.running_var[c];
        scale[c] = static_cast<float>(1 / std::sqrt(variance + args.epsilon)) * args.weight[c];
    }
    normalise_rows(args.out, args.x, args.running_mean, scale, args.bias, args.rows, args.channels);
}

void cpu::batch_norm_backward(const BatchNormBackward<float>& args) {
    const std::int64_t channels = args.channels;
    const ChunkSums sums{scratch<double>(2 * chunks(args.rows) * channels), channels};
    parallel_chunks(args.rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t chunk = begin / chunk_rows, first = begin * channels;
        HWY_DYNAMIC_DISPATCH(sum_gradients)
        (sums.first(chunk), sums.second(chunk), args.d_out + first, args.x + first, args.mean, end - begin,
         channels);
    });

    float* scale = scratch<float>(3 * channels);
    float* offset = scale + channels;  // mean of d_out
    float* slope = offset + channels;  // inv_std * mean of (d_out * x_hat): what x - mean is multiplied with
    for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0, product = 0;
        for (std::int64_t chunk = 0; chunk < chunks(args.rows); ++chunk) {
            sum += sums.first(chunk)[c];
            product += sums.second(chunk)[c];
        }
        const double inv_std = args.inv_std[c], rows = static_cast<double>(args.rows);
        args.d_bias[c] += static_cast<float>(sum);
        args.d_weight[c] += static_cast<float>(product * inv_std);
        scale[c] = args.weight[c] * args.inv_std[c];
        offset[c] = static_cast<float>(args.batch_statistics ? sum / rows : 0);
        slope[c] = static_cast<float>(args.batch_statistics ? product * inv_std * inv_std / rows : 0);
    }
    if (!args.d_x) return;
    parallel_chunks(args.rows, chunk_rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t first = begin * channels;
        HWY_DYNAMIC_DISPATCH(add_input_gradient)
        (args.d_x + first, args.d_out + first, args.x + first, args.mean, scale, offset, slope, end - begin,
         channels);
    });
}

}  // namespace kernels
#endif
