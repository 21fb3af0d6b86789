#include <cmath>

#include "kernels/clip_norm/clip_norm.h"

namespace kernels::reference {

template <typename T>
void clip_norm(const ClipNorm<T>& args) {
    double square = 0;
    for (std::int64_t a = 0; a < args.all.count; ++a)
        for (std::int64_t i = 0; i < args.all.arrays[a].size; ++i) {
            const auto value = static_cast<double>(args.all.arrays[a].gradient[i]);
            square += value * value;
        }
    const T factor = clip_factor<T>(std::sqrt(square), *args.limit);
    for (std::int64_t a = 0; a < args.all.count; ++a)
        for (std::int64_t i = 0; i < args.all.arrays[a].size; ++i) args.all.arrays[a].gradient[i] *= factor;
}

template void clip_norm(const ClipNorm<float>&);
template void clip_norm(const ClipNorm<double>&);

}  // namespace kernels::reference
