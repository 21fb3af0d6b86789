#include <algorithm>
#include <vector>

#include "kernels/attention_conv/attention_conv.h"

namespace kernels::reference {
namespace {

/// Output elements of one image.
std::int64_t image_size(const Conv2dShape& s) { return s.out_height() * s.out_width() * s.out_channels; }

/// z_k = conv2d(x, weight[k], bias[k]); Args is the forward's or the backward's.
template <typename T, template <typename> typename Args>
std::vector<T> pre_activation(const Args<T>& args, std::size_t k) {
    std::vector<T> z(static_cast<std::size_t>(args.shape.images * image_size(args.shape)));
    conv2d_forward(Conv2dForward<T>{z.data(), args.x, args.weight[k], args.bias[k], args.shape});
    return z;
}

}  // namespace

template <typename T>
void attention_conv_forward(const AttentionConvForward<T>& args) {
    const std::int64_t size = image_size(args.shape);
    std::fill_n(args.out, args.shape.images * size, T{0});
    std::fill_n(args.active, args.shape.images * size, std::uint8_t{0});
    for (std::size_t k = 0; k < branches; ++k) {
        const std::vector<T> z = pre_activation(args, k);
        for (std::size_t i = 0; i < z.size(); ++i) {
            const std::int64_t n = static_cast<std::int64_t>(i) / size;
            if (!takes_part(args, n, static_cast<std::int64_t>(k))) continue;
            const T a = args.a[n * branches + static_cast<std::int64_t>(k)];
            args.out[i] += a * (z[i] <= 0 ? 0 : z[i]);
            if (z[i] > 0) args.active[i] = static_cast<std::uint8_t>(args.active[i] | 1U << k);
        }
    }
}

template <typename T>
void attention_conv_backward(const AttentionConvBackward<T>& args) {
    const std::int64_t size = image_size(args.shape);
    for (std::size_t k = 0; k < branches; ++k) {
        const std::vector<T> z = pre_activation(args, k);
        std::vector<T> d_z(z.size());
        for (std::size_t i = 0; i < z.size(); ++i) {
            const bool active = (args.active[i] >> k & 1U) != 0;
            const T g = active ? args.d_out[i] : 0;
            const std::int64_t a =
                static_cast<std::int64_t>(i) / size * branches + static_cast<std::int64_t>(k);
            if (active) args.d_a[a] += g * z[i];
            d_z[i] = args.a[a] * g;
        }
        conv2d_backward(Conv2dBackward<T>{args.d_x, args.d_weight[k], args.d_bias[k], d_z.data(), args.x,
                                          args.weight[k], args.shape});
    }
}

template void attention_conv_forward(const AttentionConvForward<float>&);
template void attention_conv_forward(const AttentionConvForward<double>&);
template void attention_conv_backward(const AttentionConvBackward<float>&);
template void attention_conv_backward(const AttentionConvBackward<double>&);

}  // namespace kernels::reference
