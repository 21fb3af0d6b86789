#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/dropout/dropout.h"

using namespace kernels;

namespace bench {
namespace {

constexpr double probability = 0.5;
constexpr std::uint64_t seed = 1, stream = 2;

template <typename T>
struct Problem {
    using Forward = DropoutForward<T>;
    using Backward = DropoutBackward<T>;

    std::int64_t size;
    Array<T> x, d_out, out, d_x;

    explicit Problem(std::int64_t n)
        : size(n),
          x(random_array<T>(n, 1)),
          d_out(random_array<T>(n, 2)),
          out(unwritten<T>(n)),
          d_x(target<T>(n)) {}
    Forward forward() { return {out.data(), x.data(), probability, seed, stream, size}; }
    Backward backward() { return {d_x.data(), d_out.data(), probability, seed, stream, size}; }
    Results results() const { return {{"out", widened(out)}, {"d_x", widened(d_x)}}; }
};

const Kernels<Problem<double>> definition{"", reference::dropout_forward<double>,
                                          reference::dropout_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::dropout_forward, cpu::dropout_backward},
    {"reference", reference::dropout_forward<float>, reference::dropout_backward<float>}};

void add_benchmarks(int threads) {
    const std::int64_t features = 256, size = batch * features;  // of the classifier
    for (const auto& kernels : all_kernels)
        add_forward_backward("dropout", text(batch, features), threads, size, kernels, definition,
                             {{float_bytes(2 * size)}, {float_bytes(3 * size)}});
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
