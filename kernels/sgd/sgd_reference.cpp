#include "kernels/sgd/sgd.h"

namespace kernels::reference {
namespace {

template <typename T>
void sgd_array(const SgdArray<T>& array, const SgdScalars<T>& s) {
    for (std::int64_t i = 0; i < array.size; ++i) {
        T& parameter = array.parameter[i];
        T& velocity = array.velocity[i];
        const T g = array.gradient[i] + s.decay * parameter;
        velocity = s.momentum * velocity + g;
        parameter -= s.lr * (g + s.momentum * velocity);
    }
}

}  // namespace

template <typename T>
void sgd(const Sgd<T>& args) {
    for (std::int64_t i = 0; i < args.all.count; ++i)
        sgd_array(args.all.arrays[i], sgd_scalars(*args.settings, args.all.arrays[i]));
}

template void sgd(const Sgd<float>&);
template void sgd(const Sgd<double>&);

}  // namespace kernels::reference
