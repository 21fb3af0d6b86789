#pragma once

/// Include this before any header of Highway.
///
/// Highway compiles each kernel once per instruction set and picks one at run time. Every set costs compile
/// time, so on x86 three are kept: the compiler's baseline, which runs anywhere; AVX2; and AVX-512, which
/// Highway calls AVX3. Processors that stop at SSSE3 or SSE4 are too old to be worth a build, and the targets
/// that Highway numbers below AVX3 are AVX-512 with extensions for bytes and bfloat16 that these kernels do
/// not use. The bits named here belong to x86, so other architectures keep all of their targets.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | (HWY_AVX3 - 1))
