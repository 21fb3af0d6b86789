#pragma once

#include <functional>
#include <memory>

#include "bench/support/arrays.h"
#include "bench/support/suite.h"

namespace bench {

struct GemmShape {
    std::int64_t rows, columns, depth;
};

/// C = A B for one block on one thread, as a convolution asks for it.
struct GemmProblem {
    GemmShape shape;
    std::int64_t c_stride;  ///< columns, rounded up to whole panels of ours
    Array<float> c;         ///< (rows, columns) at c_stride
    Array<float> a;         ///< (rows, depth) at kernels::gemm_block_stride
    Array<float> b;         ///< (depth, columns), dense

    explicit GemmProblem(const GemmShape& s);
};

/// Lays B out as it likes, untimed, and returns what computes C.
using PrepareGemm = std::function<Body(const std::shared_ptr<GemmProblem>&)>;

/// Benchmarks of all shapes, checked against the reference.
void add_gemm(const std::string& who, const PrepareGemm& prepare);

}  // namespace bench
