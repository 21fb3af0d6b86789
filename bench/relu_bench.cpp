#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/relu/relu.h"

using namespace kernels;

namespace bench {
namespace {

template <typename T>
struct Problem {
    using Forward = ReluForward<T>;
    using Backward = ReluBackward<T>;

    std::int64_t size;
    Array<T> x, d_out, out, d_x;

    explicit Problem(std::int64_t n)
        : size(n),
          x(random_array<T>(n, 1)),
          d_out(random_array<T>(n, 2)),
          out(unwritten<T>(n)),
          d_x(target<T>(n)) {}
    Forward forward() { return {out.data(), x.data(), size}; }
    Backward backward() { return {d_x.data(), d_out.data(), out.data(), size}; }
    Results results() const { return {{"out", widened(out)}, {"d_x", widened(d_x)}}; }
};

const Kernels<Problem<double>> definition{"", reference::relu_forward<double>,
                                          reference::relu_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::relu_forward, cpu::relu_backward},
    {"reference", reference::relu_forward<float>, reference::relu_backward<float>}};

void add_benchmarks(int threads) {
    for (const std::int64_t features : {3, 256}) {  // of a block's attention, of the classifier
        const std::int64_t size = batch * features;
        for (const auto& kernels : all_kernels)
            add_forward_backward("relu", text(batch, features), threads, size, kernels, definition,
                                 {{float_bytes(2 * size)}, {float_bytes(4 * size)}});
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
