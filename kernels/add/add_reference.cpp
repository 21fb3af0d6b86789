#include "kernels/add/add.h"
#include "kernels/common/broadcast_loops.h"

namespace kernels::reference {

template <typename T>
void add_forward(const AddForward<T>& args) {
    for_each_element(args.shape, [&](std::int64_t out, std::int64_t x, std::int64_t y) {
        args.out[out] = args.x[x] + args.alpha * args.y[y];
    });
}

template <typename T>
void add_backward(const AddBackward<T>& args) {
    for_each_element(args.shape, [&](std::int64_t out, std::int64_t x, std::int64_t y) {
        if (args.d_x) args.d_x[x] += args.d_out[out];
        if (args.d_y) args.d_y[y] += args.alpha * args.d_out[out];
    });
}

template void add_forward(const AddForward<float>&);
template void add_forward(const AddForward<double>&);
template void add_backward(const AddBackward<float>&);
template void add_backward(const AddBackward<double>&);

}  // namespace kernels::reference
