#include "kernels/muon/muon.h"

namespace kernels::reference {

template <typename T>
void muon_direction(const MuonDirection<T>& args) {
    for (std::int64_t a = 0; a < args.all.count; ++a) {
        const MuonArray<T>& array = args.all.arrays[a];
        const MuonScalars<T> s = muon_scalars(*args.settings, array);
        for (std::int64_t i = 0; i < array.size; ++i) {
            const T gradient = array.gradient[i];
            T& velocity = array.velocity[i];
            velocity = velocity + s.one_minus_momentum * (gradient - velocity);
            array.direction[i] = gradient + s.momentum * (velocity - gradient);
        }
    }
}

template <typename T>
void muon_step(const MuonStep<T>& args) {
    for (std::int64_t a = 0; a < args.all.count; ++a) {
        const MuonArray<T>& array = args.all.arrays[a];
        const MuonScalars<T> s = muon_scalars(*args.settings, array);
        for (std::int64_t i = 0; i < array.size; ++i) {
            T& parameter = array.parameter[i];
            parameter = (parameter - s.shrinkage * parameter) - s.step * array.direction[i];
        }
    }
}

template void muon_direction(const MuonDirection<float>&);
template void muon_direction(const MuonDirection<double>&);
template void muon_step(const MuonStep<float>&);
template void muon_step(const MuonStep<double>&);

}  // namespace kernels::reference
