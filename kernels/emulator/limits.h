#pragma once

#include <cstddef>

/// Compute capability 8.0, which every newer GPU can do as well (CUDA C++ Programming Guide, technical
/// specifications per compute capability), but for the shared memory: 99 KB is what 8.6 and 8.9 have, the
/// least of those that our kernels are for.
namespace kernels::emulator::limits {

inline constexpr unsigned long long grid_x = 0x7fffffff, grid_y = 65535, grid_z = 65535;
inline constexpr unsigned block_x = 1024, block_y = 1024, block_z = 64, threads = 1024;
inline constexpr std::size_t shared_bytes = 48 << 10, shared_bytes_opt_in = 99 << 10,
                             shared_bytes_per_multiprocessor = 164 << 10, reserved_shared_bytes = 1 << 10;
inline constexpr int multiprocessors = 8, threads_per_multiprocessor = 2048, blocks_per_multiprocessor = 32,
                     registers = 65536;

}  // namespace kernels::emulator::limits
