#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/max_pool/max_pool.h"

using namespace kernels;

namespace bench {
namespace {

std::int64_t x_size(const MaxPoolShape& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t out_size(const MaxPoolShape& s) {
    return s.images * s.out_height() * s.out_width() * s.channels;
}

template <typename T>
struct Problem {
    using Forward = MaxPoolForward<T>;
    using Backward = MaxPoolBackward<T>;

    MaxPoolShape shape;
    Array<T> x, d_out, out, d_x;
    Array<std::uint8_t> winner;

    explicit Problem(const MaxPoolShape& s)
        : shape(s),
          x(random_array<T>(x_size(s), 1)),
          d_out(random_array<T>(out_size(s), 2)),
          out(unwritten<T>(out_size(s))),
          d_x(target<T>(x_size(s))),
          winner(out.size()) {}
    Forward forward() { return {out.data(), winner.data(), x.data(), shape}; }
    Backward backward() { return {d_x.data(), d_out.data(), winner.data(), shape}; }
    Results results() const { return {{"out", widened(out)}, {"d_x", widened(d_x)}}; }
};

const Kernels<Problem<double>> definition{"", reference::max_pool_forward<double>,
                                          reference::max_pool_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::max_pool_forward, cpu::max_pool_backward},
    {"reference", reference::max_pool_forward<float>, reference::max_pool_backward<float>}};

void add_benchmarks(int threads) {
    for (const Conv2dShape& block : network_convolutions()) {
        const MaxPoolShape shape{block.images, block.height, block.width, block.out_channels, 2, 2};
        const double in = float_bytes(x_size(shape)), out = float_bytes(out_size(shape));
        const double winners = static_cast<double>(out_size(shape));
        for (const auto& kernels : all_kernels)
            add_forward_backward("max_pool", text(batch, block.height, block.out_channels), threads, shape,
                                 kernels, definition, {{in + out + winners}, {2 * in + out + winners}});
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
