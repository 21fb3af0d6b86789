#pragma once

/// Each launches one kernel of races.cu.
namespace kernels::emulated {

void missing_barrier();
void overwritten_tile();
void two_writers();
void missing_warp_barrier();
void shuffle_is_no_barrier();
void neighbouring_bytes();
void between_blocks();
void within_a_block();
void last_block_without_fence();
void written_after_fence();
void atomic_and_read();
void atomic_and_write();

}  // namespace kernels::emulated
