#include "bench/gemm_problem.h"
#include "bench/support/network_shapes.h"
#include "kernels/gemm/gemm.h"

using namespace kernels;

namespace bench {
namespace {

/// 84 rows of patches, as deep as a block may be, times the filters of one convolution or of three.
constexpr GemmShape shapes[] = {{84, 32, 256}, {84, 96, 256}, {84, 192, 256}, {84, 384, 256}, {84, 768, 256}};

Body prepare_ours(const std::shared_ptr<GemmProblem>& problem) {
    const auto& [rows, columns, depth] = problem->shape;
    const std::int64_t width = cpu::gemm_panel_width();
    const auto panels = std::make_shared<Array<float>>(depth * problem->c_stride);
    cpu::gemm_pack_panels(panels->data(), problem->b.data(), depth, columns, columns);
    const GemmBlock<float> block{problem->c.data(),
                                 problem->c_stride,
                                 problem->a.data(),
                                 gemm_block_stride,
                                 false,
                                 panels->data(),
                                 depth * width,
                                 width,
                                 rows,
                                 columns,
                                 depth,
                                 false};
    return [=, keep = std::pair{problem, panels}] { cpu::gemm_block(block); };
}

/// The reference takes B as it is: one panel.
template <typename T>
GemmBlock<T> reference_block(Array<T>& c, const Array<T>& a, const Array<T>& b, const GemmProblem& problem) {
    const auto& [rows, columns, depth] = problem.shape;
    return {c.data(), problem.c_stride, a.data(), gemm_block_stride, false, b.data(),
            0,        columns,          rows,     columns,           depth, false};
}

Body prepare_reference(const std::shared_ptr<GemmProblem>& problem) {
    const GemmBlock<float> block = reference_block(problem->c, problem->a, problem->b, *problem);
    return [=] { reference::gemm_block(block, problem->shape.columns); };
}

/// C without what lies between its rows.
template <typename T>
Array<T> dense(const Array<T>& c, const GemmProblem& problem) {
    Array<T> values;
    for (std::int64_t row = 0; row < problem.shape.rows; ++row) {
        const T* begin = c.data() + row * problem.c_stride;
        values.insert(values.end(), begin, begin + problem.shape.columns);
    }
    return values;
}

void check(const std::string& name, const GemmShape& shape, const PrepareGemm& prepare) {
    const auto problem = std::make_shared<GemmProblem>(shape);
    prepare(problem)();
    auto c = unwritten<double>(shape.rows * problem->c_stride);
    const Array<double> a = widened(problem->a), b = widened(problem->b);
    reference::gemm_block(reference_block(c, a, b, *problem), shape.columns);
    require_close(name, dense(problem->c, *problem), dense(c, *problem));
}

double bytes(const GemmShape& s) {
    return float_bytes(s.rows * s.depth + s.depth * s.columns + s.rows * s.columns);
}

/// A block is the work of one thread: the number asked for changes nothing.
void add_benchmarks(int threads) {
    if (threads != 1) return;
    add_gemm("ours", prepare_ours);
    add_gemm("reference", prepare_reference);
}

const Suite suite(add_benchmarks);

}  // namespace

GemmProblem::GemmProblem(const GemmShape& s)
    : shape(s),
      c_stride(cpu::gemm_padded_columns(s.columns)),
      c(unwritten<float>(s.rows * c_stride)),
      a(random_array<float>(s.rows * gemm_block_stride, 1)),
      b(random_array<float>(s.depth * s.columns, 2)) {}

void add_gemm(const std::string& who, const PrepareGemm& prepare) {
    for (const GemmShape& s : shapes) {
        const double flops =
            2.0 * static_cast<double>(s.rows) * static_cast<double>(s.columns) * static_cast<double>(s.depth);
        add(
            {"gemm/block", text(s.rows, s.depth) + "x" + std::to_string(s.columns), who, 1},
            {bytes(s), flops}, [=](const std::string& name) { check(name, s, prepare); },
            [=] { return prepare(std::make_shared<GemmProblem>(s)); });
    }
}

}  // namespace bench
