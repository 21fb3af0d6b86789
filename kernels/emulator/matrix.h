#pragma once

namespace kernels::emulator {

struct Thread;

/// One lane's part in a matrix product, by request.value.
struct MatrixFragments {
    float* d;
    const unsigned *a, *b;
};

/// One lane's part in ldmatrix.
struct MatrixLoad {
    unsigned* registers;
    const void* row;
    int count;
    bool transposed;
};

/// Each does the work of a warp, whose 32 lanes begin at `first`, by the layouts in kernels/common/ptx.h.
void multiply_bf16_fragments(Thread* first);
void multiply_tf32_fragments(Thread* first);
void load_matrix_fragments(Thread* first);

}  // namespace kernels::emulator
