#include "kernels/conv2d/conv2d.h"

namespace kernels::reference {
namespace {

/// Calls body(x, weight) with the offsets of every pair that is multiplied for output pixel (i, j) of image n
/// and output channel o; what the padding adds is 0 and left out.
template <typename Body>
void for_each_tap(const Conv2dShape& s, std::int64_t n, std::int64_t i, std::int64_t j, std::int64_t o,
                  const Body& body) {
    for (std::int64_t row = 0; row < s.kernel; ++row) {
        for (std::int64_t column = 0; column < s.kernel; ++column) {
            const std::int64_t y = i * s.stride + row - s.padding;
            const std::int64_t x = j * s.stride + column - s.padding;
            if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
            for (std::int64_t c = 0; c < s.in_channels; ++c) {
                body(((n * s.height + y) * s.width + x) * s.in_channels + c,
                     ((o * s.kernel + row) * s.kernel + column) * s.in_channels + c);
            }
        }
    }
}

/// Calls body(out, n, i, j, o) for each element of the output: its offset and its position.
template <typename Body>
void for_each_output(const Conv2dShape& s, const Body& body) {
    std::int64_t out = 0;
    for (std::int64_t n = 0; n < s.images; ++n) {
        for (std::int64_t i = 0; i < s.out_height(); ++i) {
            for (std::int64_t j = 0; j < s.out_width(); ++j) {
                for (std::int64_t o = 0; o < s.out_channels; ++o) body(out++, n, i, j, o);
            }
        }
    }
}

}  // namespace

template <typename T>
void conv2d_forward(const Conv2dForward<T>& args) {
    for_each_output(args.shape, [&](auto out, auto n, auto i, auto j, auto o) {
        double sum = args.bias ? args.bias[o] : 0;
        for_each_tap(args.shape, n, i, j, o, [&](std::int64_t x, std::int64_t weight) {
            sum += static_cast<double>(args.x[x]) * args.weight[weight];
        });
        args.out[out] = static_cast<T>(sum);
    });
}

template <typename T>
void conv2d_backward(const Conv2dBackward<T>& args) {
    for_each_output(args.shape, [&](auto out, auto n, auto i, auto j, auto o) {
        const T d_out = args.d_out[out];
        if (args.d_bias) args.d_bias[o] += d_out;
        for_each_tap(args.shape, n, i, j, o, [&](std::int64_t x, std::int64_t weight) {
            if (args.d_x) args.d_x[x] += d_out * args.weight[weight];
            if (args.d_weight) args.d_weight[weight] += d_out * args.x[x];
        });
    });
}

template void conv2d_forward(const Conv2dForward<float>&);
template void conv2d_forward(const Conv2dForward<double>&);
template void conv2d_backward(const Conv2dBackward<float>&);
template void conv2d_backward(const Conv2dBackward<double>&);

}  // namespace kernels::reference
