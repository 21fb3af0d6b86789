#pragma once

#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/linear/linear.h"

namespace bench {

struct LinearShape {
    std::int64_t rows, in_features, out_features;
};

template <typename T>
struct LinearProblem {
    using Forward = kernels::LinearForward<T>;
    using Backward = kernels::LinearBackward<T>;

    LinearShape shape;
    Array<T> x, weight, bias, d_out, out, d_x, d_weight, d_bias;

    explicit LinearProblem(const LinearShape& s)
        : shape(s),
          x(random_array<T>(s.rows * s.in_features, 1)),
          weight(random_array<T>(s.out_features * s.in_features, 2)),
          bias(random_array<T>(s.out_features, 3)),
          d_out(random_array<T>(s.rows * s.out_features, 4)),
          out(unwritten<T>(s.rows * s.out_features)),
          d_x(target<T>(s.rows * s.in_features)),
          d_weight(target<T>(s.out_features * s.in_features)),
          d_bias(target<T>(s.out_features)) {}
    Forward forward() {
        return {out.data(), x.data(),          weight.data(),     bias.data(),
                shape.rows, shape.in_features, shape.out_features};
    }
    Backward backward() {
        return {d_x.data(),    d_weight.data(), d_bias.data(),     d_out.data(),      x.data(),
                weight.data(), shape.rows,      shape.in_features, shape.out_features};
    }
    Results results() const {
        return {{"out", widened(out)},
                {"d_x", widened(d_x)},
                {"d_weight", widened(d_weight)},
                {"d_bias", widened(d_bias)}};
    }
};

/// The attention of a middle block, then the classifier, at default and at wide widths.
inline constexpr LinearShape linear_shapes[] = {
    {batch, 128, 3}, {batch, 256, 256}, {batch, 512, 256}, {batch, 256, 10}};

/// Benchmarks of all linear_shapes, checked against the reference.
void add_linear(int threads, const Kernels<LinearProblem<float>>& kernels);

}  // namespace bench
