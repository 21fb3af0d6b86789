#pragma once

namespace kernels::emulator {

struct Thread;

/// Fills request.result of the lanes in `mask`, of a warp that begins at `first`, when all have come to the
/// same operation.
void compute_results(Thread* first, unsigned mask);

}  // namespace kernels::emulator
