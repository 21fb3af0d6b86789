#pragma once

/// Each launches one kernel of barriers.cu.
namespace kernels::emulated {

void barrier_in_both_branches();
void barrier_in_one_branch();
void exited_lane();
void missing_lane();
void not_in_own_mask();
void lane_at_block_barrier();
void different_masks();

}  // namespace kernels::emulated
