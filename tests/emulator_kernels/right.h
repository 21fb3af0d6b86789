#pragma once

/// Each launches a kernel of right.cu; whether it computed what it should.
namespace kernels::emulated {

bool reversed_by_templates();
bool warp_synchronous_sum();
bool sums_of_half_warps();
bool block_sum();
bool double_buffered_sum();
bool sum_by_last_block();
bool sum_by_last_warp();
bool histogram();
bool early_exits();
bool uniform_branches();
bool grid_stride();
bool neighbouring_bytes_and_halves();
bool constants_and_parameters();
bool async_pipeline();
bool three_dimensions();
bool votes();

}  // namespace kernels::emulated
