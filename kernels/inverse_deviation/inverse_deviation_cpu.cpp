#include <cmath>

#include "kernels/inverse_deviation/inverse_deviation.h"

// A few hundred channels: this loop is the definition, and fast enough.
namespace kernels {

void cpu::inverse_deviation(const InverseDeviation<float>& args) {
    for (std::int64_t i = 0; i < args.size; ++i)
        args.out[i] = 1.0F / std::sqrt(args.variance[i] + args.epsilon);
}

}  // namespace kernels
