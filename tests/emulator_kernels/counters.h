#pragma once

/// Each launches one kernel of counters.cu.
namespace kernels::emulated {

void strided_loads(int stride);
void broadcast_load();
void vector_copies();
void transpose(bool padded);
void divergent_loop();
void matrix_loads();
/// One cp.async of 4 bytes from each lane, `from_apart` and `to_apart` floats apart.
void async_copies(unsigned from_apart, unsigned to_apart);
/// `rows` (at most 4) cp.async at one line.
void async_checkerboard(unsigned rows);

}  // namespace kernels::emulated
