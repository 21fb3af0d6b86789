#include "kernels/vendor/handles.h"
#include "kernels/vendor/vendor.h"

namespace kernels::vendor {
namespace {

cublasComputeType_t compute_type(Precision precision) {
    switch (precision) {
        case Precision::fp32:
            return CUBLAS_COMPUTE_32F;  // no TF32
        case Precision::tf32:
            return CUBLAS_COMPUTE_32F_FAST_TF32;
        case Precision::bf16:
            break;
    }
    throw DeviceError("a product of bfloat16 from tensors of float32, in cuBLAS, compare with tf32");
}

/// A matrix whose rows lie one after the other, or its transpose.
struct Matrix {
    const float* data;
    std::int64_t row_length;
    bool transposed = false;
};

/// c (rows, columns) = a (rows, depth) * b (depth, columns) + beta * c. cuBLAS thinks in columns: to it our
/// matrices are transposed, so it is asked for c^T = b^T a^T.
void multiply(float* c, const Matrix& a, const Matrix& b, std::int64_t rows, std::int64_t columns,
              std::int64_t depth, float beta, Precision precision) {
    const auto operation = [](const Matrix& m) { return m.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    check(
        cublasGemmEx(cublas(), operation(b), operation(a), as_int(columns), as_int(rows), as_int(depth), &one,
                     b.data, CUDA_R_32F, as_int(b.row_length), a.data, CUDA_R_32F, as_int(a.row_length),
                     &beta, c, CUDA_R_32F, as_int(columns), compute_type(precision), CUBLAS_GEMM_DEFAULT),
        "cublasGemmEx");
}

}  // namespace

void linear_forward(const LinearForward<float>& args) {
    const auto in = args.in_features, out = args.out_features;
    if (args.rows == 0 || out == 0) return;
    multiply(args.out, {args.x, in}, {args.weight, in, true}, args.rows, out, in, zero, args.precision);
    if (args.bias != nullptr) add_bias(args.out, args.bias, args.rows, out);
}

void linear_backward(const LinearBackward<float>& args) {
    const auto in = args.in_features, out = args.out_features;
    if (args.rows == 0 || out == 0) return;
    if (args.d_x != nullptr)
        multiply(args.d_x, {args.d_out, out}, {args.weight, in}, args.rows, in, out, one, args.precision);
    if (args.d_weight != nullptr)
        multiply(args.d_weight, {args.d_out, out, true}, {args.x, in}, out, in, args.rows, one,
                 args.precision);
    if (args.d_bias != nullptr) add_bias_gradient(args.d_bias, args.d_out, args.rows, out);
}

}  // namespace kernels::vendor
