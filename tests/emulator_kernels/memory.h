#pragma once

#include <cstddef>

/// Each launches one kernel of memory.cu.
namespace kernels::emulated {

void beyond_allocation();
void before_allocation();
void beyond_dynamic_shared();
void beyond_static_shared();
void beyond_inner_extent();
void copied_beyond_allocation();
void read_after_free();
void atomic_after_free();
void host_pointer();
void null_pointer();
void read_of_null_pointer();
void local_of_another_thread();
void misaligned_float4();
void misaligned_shared_float2();
void unwritten_global();
void unwritten_shared();
void unwritten_in_next_block();
void endless_loop();
void barrier_behind();
void next_block_awaited();

// Each loses this much of the device's memory; the second where its kernel throws.
inline constexpr std::size_t lost_bytes = 4321;
void lost_when_it_grew();
void lost_when_a_launch_failed();

}  // namespace kernels::emulated
