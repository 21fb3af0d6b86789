#include "kernels/common/philox.h"
#include "kernels/dropout/dropout.h"

namespace kernels::reference {
namespace {

bool is_kept(std::uint64_t seed, std::uint64_t stream, std::int64_t i, double probability) {
    return philox_word(seed, stream, static_cast<std::uint64_t>(i)) >= dropout_threshold(probability);
}

}  // namespace

template <typename T>
void dropout_forward(const DropoutForward<T>& args) {
    const T scale = static_cast<T>(1 / (1 - args.probability));
    const std::uint64_t stream = dropout_stream(args);
    for (std::int64_t i = 0; i < args.size; ++i) {
        args.out[i] = is_kept(args.seed, stream, i, args.probability) ? args.x[i] * scale : 0;
    }
}

template <typename T>
void dropout_backward(const DropoutBackward<T>& args) {
    const T scale = static_cast<T>(1 / (1 - args.probability));
    const std::uint64_t stream = dropout_stream(args);
    for (std::int64_t i = 0; i < args.size; ++i) {
        if (is_kept(args.seed, stream, i, args.probability)) args.d_x[i] += args.d_out[i] * scale;
    }
}

template void dropout_forward(const DropoutForward<float>&);
template void dropout_forward(const DropoutForward<double>&);
template void dropout_backward(const DropoutBackward<float>&);
template void dropout_backward(const DropoutBackward<double>&);

}  // namespace kernels::reference
