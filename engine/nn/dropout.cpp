#include "engine/nn/dropout.h"

#include "engine/error.h"
#include "engine/ops/dropout.h"

namespace engine::nn {

Dropout::Dropout(double probability) : probability_(probability) {
    if (!(probability >= 0 && probability <= 1))
        throw UsageError("probability " + std::to_string(probability), "in Dropout",
                         "it lies between 0 and 1");
}

Tensor Dropout::forward(const Tensor& x) {
    if (!is_training() || probability_ == 0) return x;
    return dropout(x, probability_, default_generator().next());
}

}  // namespace engine::nn
