#include "bench/linear_problem.h"

using namespace kernels;

namespace bench {
namespace {

const Kernels<LinearProblem<double>> definition{"", reference::linear_forward<double>,
                                                reference::linear_backward<double>};

/// Matrix products: one forward; two backward, for d_x and d_weight.
ForwardBackwardWork work(const LinearShape& s) {
    const std::int64_t x = s.rows * s.in_features, weight = s.in_features * s.out_features,
                       out = s.rows * s.out_features;
    const double product = 2.0 * static_cast<double>(x) * static_cast<double>(s.out_features);
    return {{float_bytes(x + weight + out), product}, {float_bytes(3 * x + 3 * weight + out), 2 * product}};
}

void add_benchmarks(int threads) {
    add_linear(threads, {"ours", cpu::linear_forward, cpu::linear_backward});
    add_linear(threads, {"reference", reference::linear_forward<float>, reference::linear_backward<float>});
}

const Suite suite(add_benchmarks);

}  // namespace

void add_linear(int threads, const Kernels<LinearProblem<float>>& kernels) {
    for (const LinearShape& s : linear_shapes)
        add_forward_backward("linear", text(s.rows, s.in_features) + "to" + std::to_string(s.out_features),
                             threads, s, kernels, definition, work(s));
}

}  // namespace bench
