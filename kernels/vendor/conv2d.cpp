#include <array>
#include <map>
#include <tuple>

#include "kernels/vendor/handles.h"
#include "kernels/vendor/vendor.h"

namespace kernels::vendor {
namespace {

/// A convolution in cuDNN's words.
struct Convolution {
    Convolution(const Conv2dShape& s, Precision precision)
        : x(s.images, s.height, s.width, s.in_channels),
          out(s.images, s.out_height(), s.out_width(), s.out_channels) {
        check(cudnnSetFilter4dDescriptor(weight.get(), CUDNN_DATA_FLOAT, CUDNN_TENSOR_NHWC,
                                         as_int(s.out_channels), as_int(s.in_channels), as_int(s.kernel),
                                         as_int(s.kernel)),
              "cudnnSetFilter4dDescriptor");
        const int padding = as_int(s.padding), stride = as_int(s.stride);
        check(cudnnSetConvolution2dDescriptor(convolution.get(), padding, padding, stride, stride, 1, 1,
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
              "cudnnSetConvolution2dDescriptor");
        check(cudnnSetConvolutionMathType(convolution.get(), math_type(precision)),
              "cudnnSetConvolutionMathType");
    }

    /// By default cuDNN may round float32 to TF32; only CUDNN_FMA_MATH forbids it.
    static cudnnMathType_t math_type(Precision precision) {
        switch (precision) {
            case Precision::fp32:
                return CUDNN_FMA_MATH;
            case Precision::tf32:
                return CUDNN_DEFAULT_MATH;
            case Precision::bf16:
                break;
        }
        throw DeviceError("a convolution of bfloat16 from tensors of float32, in cuDNN, compare with tf32");
    }

    TensorDescriptor x, out;
    Descriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor> weight;
    Descriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor,
               cudnnDestroyConvolutionDescriptor>
        convolution;
};

using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                       std::int64_t, std::int64_t, Precision>;

Key key_of(const Conv2dShape& s, Precision precision) {
    return {s.images, s.height, s.width,   s.in_channels, s.out_channels,
            s.kernel, s.stride, s.padding, precision};
}

/// The fastest algorithm that keeps to the arithmetic asked for, by trial the first time: find(limit, count,
/// results) is one of the cudnnFindConvolution...Algorithm, which tries the default arithmetic as well.
template <typename Performance, typename Find>
Performance fastest(std::map<Key, Performance>& known, const Key& key, cudnnMathType_t math,
                    const Find& find) {
    if (const auto found = known.find(key); found != known.end()) return found->second;
    std::array<Performance, 16> results{};
    int count = 0;
    check(find(static_cast<int>(results.size()), &count, results.data()),
          "the search for a convolution's algorithm");
    for (int i = 0; i < count; ++i) {
        const Performance& result = results[static_cast<std::size_t>(i)];  // the fastest comes first
        const bool same_arithmetic = math != CUDNN_FMA_MATH || result.mathType == CUDNN_FMA_MATH;
        if (result.status == CUDNN_STATUS_SUCCESS && same_arithmetic) return known[key] = result;
    }
    throw DeviceError("no algorithm for this convolution, in cuDNN, it is a rival only: do without");
}

/// The descriptor's arithmetic is that of the algorithm that was found.
template <typename Performance>
void use(const Convolution& c, const Performance& algorithm) {
    check(cudnnSetConvolutionMathType(c.convolution.get(), algorithm.mathType),
          "cudnnSetConvolutionMathType");
}

void add_input_gradient(const Conv2dBackward<float>& args, const Convolution& c, const Key& key,
                        cudnnMathType_t math) {
    static std::map<Key, cudnnConvolutionBwdDataAlgoPerf_t> known;
    const auto algorithm = fastest(known, key, math, [&](int limit, int* count, auto* results) {
        return cudnnFindConvolutionBackwardDataAlgorithm(
            cudnn(), c.weight.get(), c.out.get(), c.convolution.get(), c.x.get(), limit, count, results);
    });
    use(c, algorithm);
    check(cudnnConvolutionBackwardData(cudnn(), &one, c.weight.get(), args.weight, c.out.get(), args.d_out,
                                       c.convolution.get(), algorithm.algo, workspace(algorithm.memory),
                                       algorithm.memory, &one, c.x.get(), args.d_x),
          "cudnnConvolutionBackwardData");
}

void add_weight_gradient(const Conv2dBackward<float>& args, const Convolution& c, const Key& key,
                         cudnnMathType_t math) {
    static std::map<Key, cudnnConvolutionBwdFilterAlgoPerf_t> known;
    const auto algorithm = fastest(known, key, math, [&](int limit, int* count, auto* results) {
        return cudnnFindConvolutionBackwardFilterAlgorithm(
            cudnn(), c.x.get(), c.out.get(), c.convolution.get(), c.weight.get(), limit, count, results);
    });
    use(c, algorithm);
    check(cudnnConvolutionBackwardFilter(cudnn(), &one, c.x.get(), args.x, c.out.get(), args.d_out,
                                         c.convolution.get(), algorithm.algo, workspace(algorithm.memory),
                                         algorithm.memory, &one, c.weight.get(), args.d_weight),
          "cudnnConvolutionBackwardFilter");
}

}  // namespace

void conv2d_forward(const Conv2dForward<float>& args) {
    static std::map<Key, cudnnConvolutionFwdAlgoPerf_t> known;
    const Convolution c(args.shape, args.precision);
    const auto algorithm = fastest(
        known, key_of(args.shape, args.precision), Convolution::math_type(args.precision),
        [&](int limit, int* count, auto* results) {
            return cudnnFindConvolutionForwardAlgorithm(
                cudnn(), c.x.get(), c.weight.get(), c.convolution.get(), c.out.get(), limit, count, results);
        });
    use(c, algorithm);
    check(cudnnConvolutionForward(cudnn(), &one, c.x.get(), args.x, c.weight.get(), args.weight,
                                  c.convolution.get(), algorithm.algo, workspace(algorithm.memory),
                                  algorithm.memory, &zero, c.out.get(), args.out),
          "cudnnConvolutionForward");
    if (args.bias != nullptr) add_bias(args.out, args.bias, args.shape.rows(), args.shape.out_channels);
}

void conv2d_backward(const Conv2dBackward<float>& args) {
    const Convolution c(args.shape, args.precision);
    const Key key = key_of(args.shape, args.precision);
    const cudnnMathType_t math = Convolution::math_type(args.precision);
    if (args.d_x != nullptr) add_input_gradient(args, c, key, math);
    if (args.d_weight != nullptr) add_weight_gradient(args, c, key, math);
    if (args.d_bias != nullptr)
        add_bias_gradient(args.d_bias, args.d_out, args.shape.rows(), args.shape.out_channels);
}

}  // namespace kernels::vendor
