#pragma once

// CUDA's words for functions and variables, as the host compiler reads them. For .cu files only.

// A shared array is a static of its function. The emulator finds those of kernels::emulated by the program's
// symbols, and treats them as fresh memory in each block (symbols.h).
#define __shared__ static __attribute__((aligned(128)))
// Kernels may read them; only cudaMemcpyToSymbol may write them.
#define __constant__ [[gnu::section("emulated_constant")]]
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __grid_constant__
