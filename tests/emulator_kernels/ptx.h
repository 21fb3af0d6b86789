#pragma once

#include <cstdint>
#include <vector>

/// Each launches one kernel of ptx.cu, on one warp.
namespace kernels {
using Floats = std::vector<float>;
using Words = std::vector<std::uint32_t>;
}  // namespace kernels

namespace kernels::emulated {

/// d += a * b, given as the registers of 32 lanes: 4 of a, 2 of b and 4 of d for each. Returns d.
Floats multiply_bf16_registers(const Words& a, const Words& b, const Floats& d);
Floats multiply_tf32_registers(const Words& a, const Words& b, const Floats& d);

/// The registers, 4 for each lane, that ldmatrix fills from four 8x8 matrices, 64 elements each, one after
/// the other.
Words load_registers(const std::vector<std::uint16_t>& matrices, int count, bool transposed);

Words tf32_bits(const Floats& values);

/// c = a * b for 16x16 bf16 matrices, row by row, with cp.async, ldmatrix and mma as kernels use them
/// together.
Floats tile_product(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b);

// Wrong ones.
void copy_not_waited_for();
void copy_waited_for_by_one();
void copy_over_unread_tile();
void misaligned_copy();
void copy_to_global_memory();
void copy_from_shared_memory();
void copy_over_own_write();
void matrix_from_global();
void matrix_row_misaligned();
void multiply_without_all_lanes();

}  // namespace kernels::emulated
