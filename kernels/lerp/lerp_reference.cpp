#include "kernels/lerp/lerp.h"

namespace kernels::reference {

template <typename T>
void lerp(const Lerp<T>& args) {
    for (std::int64_t i = 0; i < args.size; ++i) {
        const T x = args.x[i], towards = args.towards[i], way = towards - x;
        args.x[i] = args.weight < T{0.5} ? x + args.weight * way : towards - (1 - args.weight) * way;
    }
}

template void lerp(const Lerp<float>&);
template void lerp(const Lerp<double>&);

}  // namespace kernels::reference
