#include <cmath>

#include "kernels/max_pool/max_pool.h"

namespace kernels::reference {
namespace {

/// Calls body(out, corner) for each element of the output: its offset, and the offset in x of the first
/// element of its window.
template <typename Body>
void for_each_window(const MaxPoolShape& s, const Body& body) {
    std::int64_t out = 0;
    for (std::int64_t n = 0; n < s.images; ++n) {
        for (std::int64_t i = 0; i < s.out_height(); ++i) {
            for (std::int64_t j = 0; j < s.out_width(); ++j) {
                for (std::int64_t c = 0; c < s.channels; ++c) {
                    body(out++, ((n * s.height + i * s.stride) * s.width + j * s.stride) * s.channels + c);
                }
            }
        }
    }
}

}  // namespace

template <typename T>
void max_pool_forward(const MaxPoolForward<T>& args) {
    const MaxPoolShape& s = args.shape;
    for_each_window(s, [&](std::int64_t out, std::int64_t corner) {
        T best = args.x[corner];
        std::int64_t winner = 0;
        for (std::int64_t row = 0; row < s.window; ++row) {
            for (std::int64_t column = 0; column < s.window; ++column) {
                const T value = args.x[corner + (row * s.width + column) * s.channels];
                if (value > best || std::isnan(value)) {
                    best = value;
                    winner = row * s.window + column;
                }
            }
        }
        args.out[out] = best;
        args.winner[out] = static_cast<std::uint8_t>(winner);
    });
}

template <typename T>
void max_pool_backward(const MaxPoolBackward<T>& args) {
    const MaxPoolShape& s = args.shape;
    for_each_window(s, [&](std::int64_t out, std::int64_t corner) {
        const std::int64_t row = args.winner[out] / s.window, column = args.winner[out] % s.window;
        args.d_x[corner + (row * s.width + column) * s.channels] += args.d_out[out];
    });
}

template void max_pool_forward(const MaxPoolForward<float>&);
template void max_pool_forward(const MaxPoolForward<double>&);
template void max_pool_backward(const MaxPoolBackward<float>&);
template void max_pool_backward(const MaxPoolBackward<double>&);

}  // namespace kernels::reference
