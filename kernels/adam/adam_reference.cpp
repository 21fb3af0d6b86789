#include <cmath>

#include "kernels/adam/adam.h"
#include "kernels/adam/adam_scalars.h"

namespace kernels::reference {

template <typename T>
void adam(const Adam<T>& args) {
    const AdamScalars<T> s(args);
    for (std::int64_t i = 0; i < args.size; ++i) {
        T& parameter = args.parameter[i];
        T& m = args.m[i];
        T& v = args.v[i];
        const T g = args.gradient[i] + s.weight_decay * parameter;
        m = m + s.one_minus_beta1 * (g - m);
        v = s.beta2 * v + s.one_minus_beta2 * g * g;
        parameter -= s.step_size * m / (std::sqrt(v) / s.root_correction2 + s.epsilon);
    }
}

template void adam(const Adam<float>&);
template void adam(const Adam<double>&);

}  // namespace kernels::reference
