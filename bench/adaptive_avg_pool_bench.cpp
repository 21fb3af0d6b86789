#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"

using namespace kernels;

namespace bench {
namespace {

std::int64_t x_size(const AdaptiveAvgPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const AdaptiveAvgPoolShape& s) {
    return s.images * s.out_height * s.out_width * s.channels;
}

template <typename T>
struct Problem {
    using Forward = AdaptiveAvgPoolForward<T>;
    using Backward = AdaptiveAvgPoolBackward<T>;

    AdaptiveAvgPoolShape shape;
    Array<T> x, d_out, out, d_x;

    explicit Problem(const AdaptiveAvgPoolShape& s)
        : shape(s),
          x(random_array<T>(x_size(s), 1)),
          d_out(random_array<T>(out_size(s), 2)),
          out(unwritten<T>(out_size(s))),
          d_x(target<T>(x_size(s))) {}
    Forward forward() { return {out.data(), x.data(), shape}; }
    Backward backward() { return {d_x.data(), d_out.data(), shape}; }
    Results results() const { return {{"out", widened(out)}, {"d_x", widened(d_x)}}; }
};

const Kernels<Problem<double>> definition{"", reference::adaptive_avg_pool_forward<double>,
                                          reference::adaptive_avg_pool_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::adaptive_avg_pool_forward, cpu::adaptive_avg_pool_backward},
    {"reference", reference::adaptive_avg_pool_forward<float>, reference::adaptive_avg_pool_backward<float>}};

/// What each block's attention begins with: the mean over the whole image.
void add_benchmarks(int threads) {
    for (const Conv2dShape& block : network_convolutions()) {
        const AdaptiveAvgPoolShape shape{block.images, block.height, block.width, block.in_channels, 1, 1};
        const double in = float_bytes(x_size(shape)), out = float_bytes(out_size(shape));
        for (const auto& kernels : all_kernels)
            add_forward_backward("adaptive_avg_pool", text(batch, block.height, block.in_channels), threads,
                                 shape, kernels, definition, {{in + out}, {2 * in + out}});
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
