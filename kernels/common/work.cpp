#include "kernels/common/work.h"

#include <initializer_list>

#include "kernels/attention_conv/algorithms.h"

namespace kernels {
namespace {

double real(std::int64_t count) { return static_cast<double>(count); }

double floats(std::int64_t count) { return real(count) * sizeof(float); }

/// "128x32x32x3"
std::string extents(std::initializer_list<std::int64_t> sizes) {
    std::string text;
    for (const std::int64_t size : sizes) text += (text.empty() ? "" : "x") + std::to_string(size);
    return text;
}

std::int64_t if_wanted(const float* target, std::int64_t count) { return target == nullptr ? 0 : count; }

// Broadcast operands

std::int64_t operand_size(const Broadcast& shape, const std::array<std::int64_t, 4>& stride) {
    std::int64_t size = 1;
    for (std::size_t i = 0; i < stride.size(); ++i) size *= stride[i] == 0 ? 1 : shape.extent[i];
    return size;
}
std::int64_t x_size(const Broadcast& shape) { return operand_size(shape, shape.x_stride); }
std::int64_t y_size(const Broadcast& shape) { return operand_size(shape, shape.y_stride); }

std::string text(const Broadcast& shape) {
    return extents({shape.extent[0], shape.extent[1], shape.extent[2], shape.extent[3]});
}

// Convolutions

std::int64_t x_size(const Conv2dShape& s) { return s.images * s.height * s.width * s.in_channels; }
std::int64_t out_size(const Conv2dShape& s) { return s.rows() * s.out_channels; }
std::int64_t weight_size(const Conv2dShape& s) { return s.out_channels * s.taps(); }
/// A multiplication and an addition for each weight that an output sees.
double product_flops(const Conv2dShape& s) { return 2 * real(out_size(s)) * real(s.taps()); }

std::string text(const Conv2dShape& s) {
    return extents({s.images, s.height, s.width, s.in_channels}) + " to " + std::to_string(s.out_channels) +
           " channels, " + extents({s.kernel, s.kernel}) + " filters";
}

const char* algorithm(const Conv2dShape& shape) { return cpu::name(cpu::attention_conv_algorithm(shape)); }

// Pooling

std::int64_t x_size(const MaxPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const MaxPoolShape& s) {
    return s.images * s.out_height() * s.out_width() * s.channels;
}

std::string text(const MaxPoolShape& s) {
    return extents({s.images, s.height, s.width, s.channels}) + ", windows " + extents({s.window, s.window});
}

std::int64_t x_size(const AdaptiveAvgPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const AdaptiveAvgPoolShape& s) {
    return s.images * s.out_height * s.out_width * s.channels;
}

/// Sizes of all bins along one direction: more than `size` where they overlap.
std::int64_t covered(std::int64_t size, std::int64_t bins) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < bins; ++i)
        sum += pooling_bin(i, size, bins).end - pooling_bin(i, size, bins).begin;
    return sum;
}
std::int64_t covered(const AdaptiveAvgPoolShape& s) {
    return s.images * s.channels * covered(s.height, s.out_height) * covered(s.width, s.out_width);
}

std::string text(const BatchNormMaxPoolShape& s) {
    return extents({s.images, s.height, s.width, s.channels});
}

std::string text(const AdaptiveAvgPoolShape& s) {
    return extents({s.images, s.height, s.width, s.channels}) + " to " + extents({s.out_height, s.out_width});
}

}  // namespace

Work work(const Adam<float>& args) {
    // g 2, m 3, v 4, parameter 8: square root, two divisions, three products or sums, two differences.
    const std::int64_t size = args.all.size;
    return {"adam", 17 * real(size), floats(7 * size), extents({size})};
}

Work work(const AdaptiveAvgPoolForward<float>& args) {
    const auto& s = args.shape;
    return {"adaptive_avg_pool_forward", real(covered(s)), floats(x_size(s) + out_size(s)), text(s)};
}
Work work(const AdaptiveAvgPoolBackward<float>& args) {
    const auto& s = args.shape;
    return {"adaptive_avg_pool_backward", real(covered(s) + out_size(s)), floats(2 * x_size(s) + out_size(s)),
            text(s)};
}

Work work(const AddForward<float>& args) {
    const auto& s = args.shape;
    return {"add_forward", 2 * real(s.size()), floats(s.size() + x_size(s) + y_size(s)), text(s)};
}
Work work(const AddBackward<float>& args) {
    const auto& s = args.shape;
    return {"add_backward", real(if_wanted(args.d_x, s.size()) + if_wanted(args.d_y, 2 * s.size())),
            floats(s.size() + if_wanted(args.d_x, 2 * x_size(s)) + if_wanted(args.d_y, 2 * y_size(s))),
            text(s)};
}

Work work(const AttentionConvForward<float>& args) {
    const auto& s = args.shape;
    // Beside the products, of each branch's output: bias, relu, times a, sum.
    const double flops = branches * (product_flops(s) + 4 * real(out_size(s)));
    const std::int64_t parameters = branches * (weight_size(s) + s.out_channels);
    const std::int64_t values = x_size(s) + out_size(s) + parameters + branches * s.images;
    return {"attention_conv_forward", flops, floats(values) + real(out_size(s)), text(s), algorithm(s)};
}
Work work(const AttentionConvBackward<float>& args) {
    const auto& s = args.shape;
    const int products = args.d_x == nullptr ? 1 : 2;
    // Of each branch's output: its part in d_z 1, in d_bias 1, in d_a 2.
    const double flops = branches * (products * product_flops(s) + 4 * real(out_size(s)));
    const std::int64_t parameters = branches * (weight_size(s) + s.out_channels);
    const std::int64_t values = x_size(s) + if_wanted(args.d_x, 2 * x_size(s)) + out_size(s) +
                                3 * parameters + 3 * branches * s.images;
    return {"attention_conv_backward", flops, floats(values) + real(out_size(s)), text(s), algorithm(s)};
}

// Of each value: over 255, minus the mean, over the deviation. The steps only say where it comes from.
Work work(const Augment& args) {
    const std::int64_t x = args.images * args.height * args.width * args.channels;
    const std::int64_t out = args.images * args.out_height * args.out_width * args.channels;
    return {"augment", 3 * real(out),
            real(x) + real(args.images * args.steps_of_image) * sizeof(AugmentStep) + floats(out),
            extents({args.images, args.height, args.width, args.channels})};
}

Work work(const BatchNormTrainForward<float>& args) {
    const std::int64_t size = args.rows * args.channels;
    // Mean 1, variance 3, normalisation 4.
    return {"batch_norm_train_forward", 8 * real(size), floats(2 * size + 8 * args.channels),
            extents({args.rows, args.channels})};
}
Work work(const BatchNormEvalForward<float>& args) {
    const std::int64_t size = args.rows * args.channels;
    return {"batch_norm_eval_forward", 4 * real(size), floats(2 * size + 4 * args.channels),
            extents({args.rows, args.channels})};
}
Work work(const BatchNormBackward<float>& args) {
    const std::int64_t size = args.rows * args.channels;
    // x_hat 2, d_bias 1, d_weight 2; d_x 5, or 2 where the means are absent.
    const std::int64_t each = 5 + if_wanted(args.d_x, args.batch_statistics ? 5 : 2);
    return {"batch_norm_backward", real(each * size),
            floats(2 * size + if_wanted(args.d_x, 2 * size) + 7 * args.channels),
            extents({args.rows, args.channels})};
}

// Those of batch_norm and, for each window, three comparisons; the normalised tensor is no traffic.
Work work(const BatchNormMaxPoolTrainForward<float>& args) {
    const auto& s = args.shape;
    const std::int64_t size = s.rows() * s.channels, pooled = s.out_rows() * s.channels;
    return {"batch_norm_max_pool_train_forward", real(8 * size + 3 * pooled),
            floats(size + 2 * pooled + 8 * s.channels) + real(pooled), text(s)};
}
Work work(const BatchNormMaxPoolEvalForward<float>& args) {
    const auto& s = args.shape;
    const std::int64_t size = s.rows() * s.channels, pooled = s.out_rows() * s.channels;
    return {"batch_norm_max_pool_eval_forward", real(4 * size + 3 * pooled),
            floats(size + 2 * pooled + 4 * s.channels) + real(pooled), text(s)};
}
Work work(const BatchNormMaxPoolBackward<float>& args) {
    const auto& s = args.shape;
    const std::int64_t size = s.rows() * s.channels, pooled = s.out_rows() * s.channels;
    // Of each winner: x_hat 2, d_bias 1, d_weight 2; of each d_x 5 and x_hat 2, or 2 where the means are
    // absent.
    const std::int64_t each = if_wanted(args.d_x, args.batch_statistics ? 7 : 2);
    return {"batch_norm_max_pool_backward", real(5 * pooled + each * size),
            floats(2 * pooled + if_wanted(args.d_x, size * (args.add_to_d_x ? 3 : 2)) + 7 * s.channels) +
                real(pooled),
            text(s)};
}

Work work(const ClipNorm<float>& args) {
    const std::int64_t size = args.all.size;
    return {"clip_norm", 3 * real(size), floats(3 * size), extents({size})};
}

Work work(const Conv2dForward<float>& args) {
    const auto& s = args.shape;
    const bool has_bias = args.bias != nullptr;
    return {"conv2d_forward", product_flops(s) + (has_bias ? real(out_size(s)) : 0),
            floats(x_size(s) + out_size(s) + weight_size(s) + (has_bias ? s.out_channels : 0)), text(s)};
}
Work work(const Conv2dBackward<float>& args) {
    const auto& s = args.shape;
    const int products = (args.d_x == nullptr ? 0 : 1) + (args.d_weight == nullptr ? 0 : 1);
    // Each product needs one of x and weight, and d_out.
    const std::int64_t values = out_size(s) + if_wanted(args.d_x, 2 * x_size(s) + weight_size(s)) +
                                if_wanted(args.d_weight, 2 * weight_size(s) + x_size(s)) +
                                if_wanted(args.d_bias, 2 * s.out_channels);
    return {"conv2d_backward", products * product_flops(s) + real(if_wanted(args.d_bias, out_size(s))),
            floats(values), text(s)};
}

Work work(const CorrectPredictions<float>& args) {
    const std::int64_t size = args.rows * args.classes;
    return {"correct_predictions", real(size), floats(size) + real(args.rows + 1) * sizeof(std::int64_t),
            extents({args.rows, args.classes})};
}

Work work(const CrossEntropyForward<float>& args) {
    const std::int64_t size = args.rows * args.classes;
    // Maximum, difference, exponential, sum, division; times target, sum.
    return {"cross_entropy_forward", 7 * real(size),
            floats(2 * size + 1) + real(args.rows) * sizeof(std::int64_t),
            extents({args.rows, args.classes})};
}
Work work(const CrossEntropyBackward<float>& args) {
    const std::int64_t size = args.rows * args.classes;
    return {"cross_entropy_backward", 3 * real(size),
            floats(3 * size + 1) + real(args.rows) * sizeof(std::int64_t),
            extents({args.rows, args.classes})};
}

Work work(const DropoutForward<float>& args) {
    return {"dropout_forward", real(args.size), floats(2 * args.size), extents({args.size})};
}
Work work(const DropoutBackward<float>& args) {
    return {"dropout_backward", 2 * real(args.size), floats(3 * args.size), extents({args.size})};
}

Work work(const Fill<float>& args) { return {"fill", 0, floats(args.size), extents({args.size})}; }

Work work(const FlattenForward<float>& args) {
    const std::int64_t size = args.images * args.pixels * args.channels;
    return {"flatten_forward", 0, floats(2 * size), extents({args.images, args.pixels, args.channels})};
}
Work work(const FlattenBackward<float>& args) {
    const std::int64_t size = args.images * args.pixels * args.channels;
    return {"flatten_backward", real(size), floats(3 * size),
            extents({args.images, args.pixels, args.channels})};
}

Work work(const Increment&) { return {"increment", 1, 2 * sizeof(std::int64_t), ""}; }

Work work(const InverseDeviation<float>& args) {
    return {"inverse_deviation", 3 * real(args.size), floats(2 * args.size), extents({args.size})};
}

Work work(const Lerp<float>& args) {
    return {"lerp", 3 * real(args.size), floats(3 * args.size), extents({args.size})};
}

Work work(const LinearForward<float>& args) {
    const std::int64_t x = args.rows * args.in_features, out = args.rows * args.out_features;
    const std::int64_t weight = args.in_features * args.out_features;
    const std::int64_t bias = args.bias == nullptr ? 0 : args.out_features;
    return {"linear_forward", 2 * real(out) * real(args.in_features) + (bias == 0 ? 0 : real(out)),
            floats(x + weight + bias + out),
            extents({args.rows, args.in_features}) + " to " + std::to_string(args.out_features)};
}
Work work(const LinearBackward<float>& args) {
    const std::int64_t x = args.rows * args.in_features, out = args.rows * args.out_features;
    const std::int64_t weight = args.in_features * args.out_features;
    const int products = (args.d_x == nullptr ? 0 : 1) + (args.d_weight == nullptr ? 0 : 1);
    return {"linear_backward",
            products * 2 * real(out) * real(args.in_features) + real(if_wanted(args.d_bias, out)),
            floats(out + if_wanted(args.d_x, 2 * x + weight) + if_wanted(args.d_weight, 2 * weight + x) +
                   if_wanted(args.d_bias, 2 * args.out_features)),
            extents({args.rows, args.in_features}) + " to " + std::to_string(args.out_features)};
}

Work work(const MaxPoolForward<float>& args) {
    const auto& s = args.shape;
    return {"max_pool_forward", real(out_size(s)) * real(s.window * s.window - 1),
            floats(x_size(s) + out_size(s)) + real(out_size(s)), text(s)};
}
Work work(const MaxPoolBackward<float>& args) {
    const auto& s = args.shape;
    return {"max_pool_backward", real(out_size(s)), floats(2 * x_size(s) + out_size(s)) + real(out_size(s)),
            text(s)};
}

Work work(const MulForward<float>& args) {
    const auto& s = args.shape;
    return {"mul_forward", real(s.size()), floats(s.size() + x_size(s) + y_size(s)), text(s)};
}
Work work(const MulBackward<float>& args) {
    const auto& s = args.shape;
    return {"mul_backward", real(if_wanted(args.d_x, 2 * s.size()) + if_wanted(args.d_y, 2 * s.size())),
            floats(s.size() + if_wanted(args.d_x, 2 * x_size(s) + y_size(s)) +
                   if_wanted(args.d_y, 2 * y_size(s) + x_size(s))),
            text(s)};
}

Work work(const MuonDirection<float>& args) {
    const std::int64_t size = args.all.size;
    return {"muon_direction", 6 * real(size), floats(4 * size), extents({size})};
}
Work work(const MuonStep<float>& args) {
    const std::int64_t size = args.all.size;
    return {"muon_step", 4 * real(size), floats(3 * size), extents({size})};
}

Work work(const NewtonSchulzBegin<float>& args) {
    const std::int64_t size = args.size * args.size;
    return {"newton_schulz_begin", 2 * real(size) + real(args.size), floats(3 * size),
            extents({args.size, args.size})};
}
Work work(const NewtonSchulzPolynomial<float>& args) {
    const std::int64_t size = args.size * args.size;
    return {"newton_schulz_polynomial", 3 * real(size) + real(args.size), floats(3 * size),
            extents({args.size, args.size})};
}

Work work(const ReluForward<float>& args) {
    return {"relu_forward", real(args.size), floats(2 * args.size), extents({args.size})};
}
Work work(const ReluBackward<float>& args) {
    return {"relu_backward", 2 * real(args.size), floats(4 * args.size), extents({args.size})};
}

Work work(const Sgd<float>& args) {
    // g 2, velocity 2, parameter 4.
    const std::int64_t size = args.all.size;
    return {"sgd", 8 * real(size), floats(5 * size), extents({size})};
}

Work work(const SumForward<float>& args) {
    return {"sum_forward", real(args.size), floats(args.size + 1), extents({args.size})};
}
Work work(const SumBackward<float>& args) {
    return {"sum_backward", real(args.size), floats(2 * args.size + 1), extents({args.size})};
}

}  // namespace kernels
