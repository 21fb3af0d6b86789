#include <omp.h>

#include "kernels/common/parallel.h"

namespace kernels {

void set_threads(int count) { omp_set_num_threads(std::max(1, count)); }

int threads() { return omp_get_max_threads(); }

void detail::parallel_for(std::int64_t count, void (*body)(void*, std::int64_t), void* context) {
    if (count == 1) return body(context, 0);  // not worth waking the team
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t i = 0; i < count; ++i) body(context, i);
}

}  // namespace kernels
