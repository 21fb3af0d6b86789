#include "kernels/gemm/gemm.h"

namespace kernels::reference {

template <typename T>
void gemm_block(const GemmBlock<T>& args, std::int64_t panel_width) {
    for (std::int64_t row = 0; row < args.rows; ++row) {
        for (std::int64_t column = 0; column < args.columns; ++column) {
            T& c = args.c[row * args.c_stride + column];
            T sum = args.accumulate ? c : T{0};
            const T* b = args.b + column / panel_width * args.b_panel_stride + column % panel_width;
            for (std::int64_t k = 0; k < args.depth; ++k) {
                const T a =
                    args.a_transposed ? args.a[k * args.a_stride + row] : args.a[row * args.a_stride + k];
                sum += a * b[k * args.b_row_stride];
            }
            c = sum;
        }
    }
}

template void gemm_block(const GemmBlock<float>&, std::int64_t);
template void gemm_block(const GemmBlock<double>&, std::int64_t);

}  // namespace kernels::reference
