#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"

namespace kernels::reference {
namespace {

/// Calls body(n, i, j, rows, columns) for each output pixel (i, j) of each image n, with the edges of its
/// bin.
template <typename Body>
void for_each_bin(const AdaptiveAvgPoolShape& s, const Body& body) {
    for (std::int64_t n = 0; n < s.images; ++n) {
        for (std::int64_t i = 0; i < s.out_height; ++i) {
            for (std::int64_t j = 0; j < s.out_width; ++j) {
                body(n, i, j, pooling_bin(i, s.height, s.out_height), pooling_bin(j, s.width, s.out_width));
            }
        }
    }
}

std::int64_t size(PoolingBin rows, PoolingBin columns) {
    return (rows.end - rows.begin) * (columns.end - columns.begin);
}

}  // namespace

template <typename T>
void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<T>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    for_each_bin(s, [&](auto n, auto i, auto j, PoolingBin rows, PoolingBin columns) {
        for (std::int64_t c = 0; c < s.channels; ++c) {
            double sum = 0;
            for (std::int64_t y = rows.begin; y < rows.end; ++y) {
                for (std::int64_t x = columns.begin; x < columns.end; ++x) {
                    sum += args.x[((n * s.height + y) * s.width + x) * s.channels + c];
                }
            }
            args.out[((n * s.out_height + i) * s.out_width + j) * s.channels + c] =
                static_cast<T>(sum / static_cast<double>(size(rows, columns)));
        }
    });
}

template <typename T>
void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<T>& args) {
    const AdaptiveAvgPoolShape& s = args.shape;
    for_each_bin(s, [&](auto n, auto i, auto j, PoolingBin rows, PoolingBin columns) {
        for (std::int64_t c = 0; c < s.channels; ++c) {
            const T share = args.d_out[((n * s.out_height + i) * s.out_width + j) * s.channels + c] /
                            static_cast<T>(size(rows, columns));
            for (std::int64_t y = rows.begin; y < rows.end; ++y) {
                for (std::int64_t x = columns.begin; x < columns.end; ++x) {
                    args.d_x[((n * s.height + y) * s.width + x) * s.channels + c] += share;
                }
            }
        }
    });
}

template void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<float>&);
template void adaptive_avg_pool_forward(const AdaptiveAvgPoolForward<double>&);
template void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<float>&);
template void adaptive_avg_pool_backward(const AdaptiveAvgPoolBackward<double>&);

}  // namespace kernels::reference
