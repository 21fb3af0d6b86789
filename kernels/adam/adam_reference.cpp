#include <cmath>

#include "kernels/adam/adam.h"
#include "kernels/adam/adam_scalars.h"

namespace kernels::reference {
namespace {

template <typename T>
void adam_array(const AdamArray<T>& array, const AdamScalars<T>& s) {
    for (std::int64_t i = 0; i < array.size; ++i) {
        T& parameter = array.parameter[i];
        T& m = array.m[i];
        T& v = array.v[i];
        const T g = array.gradient[i] + s.decay * parameter;
        m = m + s.one_minus_beta1 * (g - m);
        v = s.beta2 * v + s.one_minus_beta2 * g * g;
        parameter -= s.shrinkage * parameter;
        parameter -= s.step_size * m / (std::sqrt(v) / s.root_correction2 + s.epsilon);
    }
}

}  // namespace

template <typename T>
void adam(const Adam<T>& args) {
    const auto scalars = adam_scalars<T>(*args.settings, ++*args.step);
    for (std::int64_t i = 0; i < args.all.count; ++i)
        adam_array(args.all.arrays[i], scalars_of(args.all.arrays[i], scalars));
}

template void adam(const Adam<float>&);
template void adam(const Adam<double>&);

}  // namespace kernels::reference
