#include <algorithm>

#include <cblas.h>

#include "bench/linear_problem.h"
#include "bench/openblas.h"
#include "kernels/common/parallel.h"

// A linear layer by OpenBLAS: the same arguments, its own threads.
namespace bench {
namespace {

using kernels::LinearBackward;
using kernels::LinearForward;

/// c += op(a) op(b), all row-major and dense; c is (m, n), k the depth.
void add_product(float* c, const float* a, bool a_transposed, const float* b, bool b_transposed,
                 std::int64_t m, std::int64_t n, std::int64_t k) {
    openblas_set_num_threads(kernels::threads());
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
                b_transposed ? CblasTrans : CblasNoTrans, static_cast<blasint>(m), static_cast<blasint>(n),
                static_cast<blasint>(k), 1, a, static_cast<blasint>(a_transposed ? m : k), b,
                static_cast<blasint>(b_transposed ? k : n), 1, c, static_cast<blasint>(n));
}

void forward(const LinearForward<float>& args) {
    for (std::int64_t row = 0; row < args.rows; ++row)
        std::copy_n(args.bias, args.out_features, args.out + row * args.out_features);
    add_product(args.out, args.x, false, args.weight, true, args.rows, args.out_features, args.in_features);
}

void backward(const LinearBackward<float>& args) {
    add_product(args.d_x, args.d_out, false, args.weight, false, args.rows, args.in_features,
                args.out_features);
    add_product(args.d_weight, args.d_out, true, args.x, false, args.out_features, args.in_features,
                args.rows);
    for (std::int64_t row = 0; row < args.rows; ++row)
        for (std::int64_t o = 0; o < args.out_features; ++o)
            args.d_bias[o] += args.d_out[row * args.out_features + o];
}

void add_benchmarks(int threads) { add_linear(threads, {openblas_name(), forward, backward}); }

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
