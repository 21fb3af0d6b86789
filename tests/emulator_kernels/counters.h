#pragma once

/// Each launches one kernel of counters.cu.
namespace kernels::emulated {

void strided_loads(int stride);
void broadcast_load();
void vector_copies();
void transpose(bool padded);
void divergent_loop();
void matrix_loads();

}  // namespace kernels::emulated
