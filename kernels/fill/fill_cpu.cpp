#include <algorithm>

#include "kernels/common/parallel.h"
#include "kernels/fill/fill.h"

namespace kernels {

void cpu::fill(const Fill<float>& args) {
    constexpr std::int64_t grain = 64 << 10;  // below that, waking other threads takes longer
    parallel_chunks(args.size, grain, [&](std::int64_t begin, std::int64_t end) {
        std::fill(args.out + begin, args.out + end, args.value);
    });
}

}  // namespace kernels
