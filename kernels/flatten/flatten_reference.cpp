#include "kernels/flatten/flatten.h"

namespace kernels::reference {

template <typename T>
void flatten_forward(const FlattenForward<T>& args) {
    for (std::int64_t n = 0; n < args.images; ++n) {
        for (std::int64_t p = 0; p < args.pixels; ++p) {
            for (std::int64_t c = 0; c < args.channels; ++c) {
                args.out[(n * args.channels + c) * args.pixels + p] =
                    args.x[(n * args.pixels + p) * args.channels + c];
            }
        }
    }
}

template <typename T>
void flatten_backward(const FlattenBackward<T>& args) {
    for (std::int64_t n = 0; n < args.images; ++n) {
        for (std::int64_t p = 0; p < args.pixels; ++p) {
            for (std::int64_t c = 0; c < args.channels; ++c) {
                args.d_x[(n * args.pixels + p) * args.channels + c] +=
                    args.d_out[(n * args.channels + c) * args.pixels + p];
            }
        }
    }
}

template void flatten_forward(const FlattenForward<float>&);
template void flatten_forward(const FlattenForward<double>&);
template void flatten_backward(const FlattenBackward<float>&);
template void flatten_backward(const FlattenBackward<double>&);

}  // namespace kernels::reference
