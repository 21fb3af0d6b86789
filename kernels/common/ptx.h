#pragma once

#include "kernels/common/cuda.h"

#ifndef __CUDACC__
#include "kernels/emulator/ptx.h"
#endif

/// The PTX instructions that CUDA C++ has no name for (PTX ISA 8.x, sections "Data Movement and Conversion"
/// and "Warp-level Matrix Instructions"), each beside its emulated twin. All of a warp's 32 lanes must come
/// to ldmatrix and mma together.
namespace kernels::CIFAR_GPU_NAMESPACE::ptx {

#ifdef __CUDACC__
/// The address that instructions on shared memory want.
__device__ __forceinline__ unsigned shared_address(const void* pointer) {
    return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}
#endif

/// Starts to copy `bytes` (4, 8 or 16, to which both addresses must be aligned) from global to shared memory,
/// past the registers. Only the first `source_bytes` are read, the rest becomes 0; with 0 the source may be
/// any address. What arrives is there for this thread after cp_async_wait, for others after a barrier that
/// follows.
template <int bytes>
__device__ __forceinline__ void cp_async(void* shared, const void* global, int source_bytes = bytes) {
    static_assert(bytes == 4 || bytes == 8 || bytes == 16);
#ifdef __CUDACC__
    if constexpr (bytes == 16) {  // .cg, past L1, takes 16 bytes only
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared_address(shared)),
                     "l"(global), "r"(source_bytes)
                     : "memory");
    } else {
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;\n" ::"r"(shared_address(shared)),
                     "l"(global), "n"(bytes), "r"(source_bytes)
                     : "memory");
    }
#else
    emulator::start_async_copy(shared, global, bytes, source_bytes);
#endif
}

/// Closes a group: this thread's copies since the last one.
__device__ __forceinline__ void cp_async_commit() {
#ifdef __CUDACC__
    asm volatile("cp.async.commit_group;\n" ::: "memory");
#else
    emulator::commit_async_copies();
#endif
}

/// Waits until at most the `pending` newest groups of this thread are under way.
template <int pending>
__device__ __forceinline__ void cp_async_wait() {
#ifdef __CUDACC__
    asm volatile("cp.async.wait_group %0;\n" ::"n"(pending) : "memory");
#else
    emulator::wait_async_copies(pending);
#endif
}

/// Loads `count` (1, 2 or 4) 8x8 matrices of 16-bit elements from shared memory. Lane 8*m + r gives the
/// address of row r of matrix m, 16 bytes, 16-byte aligned; lanes from 8*count on may give any. Lane i
/// receives in registers[m] elements 2*(i%4) and 2*(i%4)+1 of row i/4, the first in the lower half.
template <int count>
__device__ __forceinline__ void ldmatrix(unsigned (&registers)[count], const void* row) {
    static_assert(count == 1 || count == 2 || count == 4);
#ifdef __CUDACC__
    if constexpr (count == 1) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];\n"
                     : "=r"(registers[0])
                     : "r"(shared_address(row))
                     : "memory");
    } else if constexpr (count == 2) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];\n"
                     : "=r"(registers[0]), "=r"(registers[1])
                     : "r"(shared_address(row))
                     : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
                     : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                     : "r"(shared_address(row))
                     : "memory");
    }
#else
    emulator::load_matrices(registers, row, count, false);
#endif
}

/// The same, each matrix transposed: lane i receives column i/4, its elements 2*(i%4) and 2*(i%4)+1.
template <int count>
__device__ __forceinline__ void ldmatrix_transposed(unsigned (&registers)[count], const void* row) {
    static_assert(count == 1 || count == 2 || count == 4);
#ifdef __CUDACC__
    if constexpr (count == 1) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];\n"
                     : "=r"(registers[0])
                     : "r"(shared_address(row))
                     : "memory");
    } else if constexpr (count == 2) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];\n"
                     : "=r"(registers[0]), "=r"(registers[1])
                     : "r"(shared_address(row))
                     : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\n"
                     : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                     : "r"(shared_address(row))
                     : "memory");
    }
#else
    emulator::load_matrices(registers, row, count, true);
#endif
}

/// d += a * b for the warp: a is 16x16 bf16, b 16x8 bf16, d 16x8 float. Two elements to a register, the one
/// of lower index in the lower half. With g = lane/4 and t = lane%4 a lane holds
///   a[0]: row g,   columns 2t, 2t+1      a[1]: row g+8, columns 2t, 2t+1
///   a[2]: row g,   columns 2t+8, 2t+9    a[3]: row g+8, columns 2t+8, 2t+9
///   b[0]: column g, rows 2t, 2t+1        b[1]: column g, rows 2t+8, 2t+9
///   d[0], d[1]: row g, columns 2t, 2t+1  d[2], d[3]: row g+8, columns 2t, 2t+1
__device__ __forceinline__ void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef __CUDACC__
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};\n"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::multiply_bf16(d, a, b);
#endif
}

/// d += a * b for the warp: a is 16x8 TF32, b 8x8 TF32, d 16x8 float; a and b by to_tf32. With g = lane/4, t
/// = lane%4
///   a[0]: row g, column t       a[1]: row g+8, column t     a[2]: row g, column t+4    a[3]: row g+8, column
///   t+4 b[0]: row t, column g       b[1]: row t+4, column g     d: as for mma_bf16
__device__ __forceinline__ void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef __CUDACC__
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};\n"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    emulator::multiply_tf32(d, a, b);
#endif
}

/// The bits of x as a TF32 operand: 10 bits of mantissa, to nearest, ties away from zero (cvt.rna).
__device__ __forceinline__ unsigned to_tf32(float x) {
#ifdef __CUDACC__
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;\n" : "=r"(bits) : "f"(x));
    return bits;
#else
    return emulator::round_to_tf32(x);
#endif
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE::ptx
