#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/cross_entropy/cross_entropy.h"

using namespace kernels;

namespace bench {
namespace {

constexpr std::int64_t classes = 10;

template <typename T>
struct Problem {
    using Forward = CrossEntropyForward<T>;
    using Backward = CrossEntropyBackward<T>;

    std::int64_t rows;
    Array<T> logits, d_loss, loss, probabilities, d_logits;
    Array<std::int64_t> labels;

    explicit Problem(std::int64_t n)
        : rows(n),
          logits(random_array<T>(n * classes, 1, -4, 4)),
          d_loss(1, T{1}),
          loss(unwritten<T>(1)),
          probabilities(unwritten<T>(n * classes)),
          d_logits(target<T>(n * classes)) {
        for (std::int64_t row = 0; row < n; ++row) labels.push_back(row % classes);
    }
    Forward forward() {
        return {loss.data(), probabilities.data(), logits.data(), labels.data(), 0, rows, classes};
    }
    Backward backward() {
        return {d_logits.data(), d_loss.data(), probabilities.data(), labels.data(), 0, rows, classes};
    }
    Results results() const { return {{"loss", widened(loss)}, {"d_logits", widened(d_logits)}}; }
};

const Kernels<Problem<double>> definition{"", reference::cross_entropy_forward<double>,
                                          reference::cross_entropy_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::cross_entropy_forward, cpu::cross_entropy_backward},
    {"reference", reference::cross_entropy_forward<float>, reference::cross_entropy_backward<float>}};

void add_benchmarks(int threads) {
    const std::int64_t size = batch * classes;
    for (const auto& kernels : all_kernels)
        add_forward_backward("cross_entropy", text(batch, classes), threads, batch, kernels, definition,
                             {{float_bytes(2 * size)}, {float_bytes(3 * size)}});
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
