#pragma once

#include <cstdint>

#include "kernels/common/device.h"

namespace kernels {

/// out = how many rows of the logits have their largest value, the first of equal ones, at the label. A row
/// that holds a NaN predicts nothing and is wrong; so is one whose label is no class.
template <typename T>
struct CorrectPredictions {
    std::int64_t* out;           ///< one element
    const T* logits;             ///< (rows, classes)
    const std::int64_t* labels;  ///< (rows)
    std::int64_t rows, classes;
};

void correct_predictions(Device device, const CorrectPredictions<float>& args);

namespace cpu {
void correct_predictions(const CorrectPredictions<float>& args);
}

namespace cuda {
void correct_predictions(const CorrectPredictions<float>& args);
}

namespace emulated {
void correct_predictions(const CorrectPredictions<float>& args);
}

}  // namespace kernels
