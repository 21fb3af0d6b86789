#include "engine/nn/linear.h"

#include "engine/nn/init.h"
#include "engine/ops/linear.h"

namespace engine::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features)
    : weight(register_parameter("weight", default_init({out_features, in_features}, in_features))),
      bias(register_parameter("bias", default_init({out_features}, in_features))) {}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

}  // namespace engine::nn
