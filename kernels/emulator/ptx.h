#pragma once

/// What kernels/common/ptx.h calls where there is no PTX; the meaning is said there.
namespace kernels::emulator {

void start_async_copy(void* shared, const void* global, int bytes, int source_bytes);
void commit_async_copies();
void wait_async_copies(int pending);

void load_matrices(unsigned* registers, const void* row, int count, bool transposed);
/// Sums are exact, but for one rounding: the order in which a GPU adds is not specified.
void multiply_bf16(float* d, const unsigned* a, const unsigned* b);
/// Like the hardware, ignores the 13 low bits of a and b.
void multiply_tf32(float* d, const unsigned* a, const unsigned* b);
unsigned round_to_tf32(float x);

}  // namespace kernels::emulator
