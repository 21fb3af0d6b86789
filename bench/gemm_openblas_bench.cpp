#include <cblas.h>

#include "bench/gemm_problem.h"
#include "bench/openblas.h"
#include "kernels/gemm/gemm.h"

// The same product by OpenBLAS. It lays B out anew in every call; ours is given B laid out, as a convolution
// does that once for hundreds of blocks.
namespace bench {
namespace {

Body prepare(const std::shared_ptr<GemmProblem>& problem) {
    openblas_set_num_threads(1);
    return [=] {
        const auto rows = static_cast<blasint>(problem->shape.rows),
                   columns = static_cast<blasint>(problem->shape.columns),
                   depth = static_cast<blasint>(problem->shape.depth);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, depth, 1, problem->a.data(),
                    kernels::gemm_block_stride, problem->b.data(), columns, 0, problem->c.data(),
                    static_cast<blasint>(problem->c_stride));
    };
}

void add_benchmarks(int threads) {
    if (threads == 1) add_gemm(openblas_name(), prepare);
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
