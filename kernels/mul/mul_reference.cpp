#include "kernels/common/broadcast_loops.h"
#include "kernels/mul/mul.h"

namespace kernels::reference {

template <typename T>
void mul_forward(const MulForward<T>& args) {
    for_each_element(args.shape, [&](std::int64_t out, std::int64_t x, std::int64_t y) {
        args.out[out] = args.x[x] * args.y[y];
    });
}

template <typename T>
void mul_backward(const MulBackward<T>& args) {
    for_each_element(args.shape, [&](std::int64_t out, std::int64_t x, std::int64_t y) {
        if (args.d_x) args.d_x[x] += args.d_out[out] * args.y[y];
        if (args.d_y) args.d_y[y] += args.d_out[out] * args.x[x];
    });
}

template void mul_forward(const MulForward<float>&);
template void mul_forward(const MulForward<double>&);
template void mul_backward(const MulBackward<float>&);
template void mul_backward(const MulBackward<double>&);

}  // namespace kernels::reference
