#include "kernels/relu/relu.h"

namespace kernels::reference {

template <typename T>
void relu_forward(const ReluForward<T>& args) {
    for (std::int64_t i = 0; i < args.size; ++i) args.out[i] = args.x[i] <= 0 ? T{0} : args.x[i];
}

template <typename T>
void relu_backward(const ReluBackward<T>& args) {
    for (std::int64_t i = 0; i < args.size; ++i) {
        if (args.out[i] > 0) args.d_x[i] += args.d_out[i];
    }
}

template void relu_forward(const ReluForward<float>&);
template void relu_forward(const ReluForward<double>&);
template void relu_backward(const ReluBackward<float>&);
template void relu_backward(const ReluBackward<double>&);

}  // namespace kernels::reference
