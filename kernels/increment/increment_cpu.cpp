#include "kernels/increment/increment.h"

namespace kernels {

void cpu::increment(const Increment& args) { *args.counter += args.by; }

}  // namespace kernels
