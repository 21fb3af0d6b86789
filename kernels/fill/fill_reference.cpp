#include "kernels/fill/fill.h"

namespace kernels::reference {

template <typename T>
void fill(const Fill<T>& args) {
    for (std::int64_t i = 0; i < args.size; ++i) args.out[i] = args.value;
}

template void fill(const Fill<float>&);
template void fill(const Fill<double>&);

}  // namespace kernels::reference
