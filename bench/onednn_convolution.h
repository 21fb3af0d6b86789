#pragma once

#include "bench/convolution.h"

namespace bench {

/// How oneDNN's tensors lie in memory: as ours do, or in the blocks it chooses itself. Filters are always as
/// it likes them best.
enum class OnednnLayout { channels_last, blocked };

/// Convolutions by oneDNN, all layouts changed when they are made. Its threads are OpenMP's, which
/// kernels::set_threads sets (in a build without CIFAR_ENGINE_OPENMP they are OMP_NUM_THREADS).
MakeConvolution made_by_onednn(OnednnLayout layout);

}  // namespace bench
