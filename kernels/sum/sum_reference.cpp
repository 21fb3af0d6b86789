#include "kernels/sum/sum.h"

namespace kernels::reference {

template <typename T>
void sum_forward(const SumForward<T>& args) {
    double sum = 0;
    for (std::int64_t i = 0; i < args.size; ++i) sum += args.x[i];
    *args.out = static_cast<T>(sum);
}

template <typename T>
void sum_backward(const SumBackward<T>& args) {
    for (std::int64_t i = 0; i < args.size; ++i) args.d_x[i] += *args.d_out;
}

template void sum_forward(const SumForward<float>&);
template void sum_forward(const SumForward<double>&);
template void sum_backward(const SumBackward<float>&);
template void sum_backward(const SumBackward<double>&);

}  // namespace kernels::reference
