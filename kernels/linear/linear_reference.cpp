#include "kernels/linear/linear.h"

namespace kernels::reference {

template <typename T>
void linear_forward(const LinearForward<T>& args) {
    for (std::int64_t n = 0; n < args.rows; ++n) {
        for (std::int64_t o = 0; o < args.out_features; ++o) {
            double sum = args.bias ? args.bias[o] : 0;
            for (std::int64_t i = 0; i < args.in_features; ++i) {
                sum += static_cast<double>(args.x[n * args.in_features + i]) *
                       args.weight[o * args.in_features + i];
            }
            args.out[n * args.out_features + o] = static_cast<T>(sum);
        }
    }
}

template <typename T>
void linear_backward(const LinearBackward<T>& args) {
    for (std::int64_t n = 0; n < args.rows; ++n) {
        for (std::int64_t o = 0; o < args.out_features; ++o) {
            const T d_out = args.d_out[n * args.out_features + o];
            if (args.d_bias) args.d_bias[o] += d_out;
            for (std::int64_t i = 0; i < args.in_features; ++i) {
                const std::int64_t x = n * args.in_features + i, weight = o * args.in_features + i;
                if (args.d_x) args.d_x[x] += d_out * args.weight[weight];
                if (args.d_weight) args.d_weight[weight] += d_out * args.x[x];
            }
        }
    }
}

template void linear_forward(const LinearForward<float>&);
template void linear_forward(const LinearForward<double>&);
template void linear_backward(const LinearBackward<float>&);
template void linear_backward(const LinearBackward<double>&);

}  // namespace kernels::reference
