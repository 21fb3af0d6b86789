#pragma once

#include "engine/nn/module.h"

namespace engine::nn {

/// x weight^T + bias, from (N, in_features) to (N, out_features).
class Linear : public Layer {
  public:
    Linear(std::int64_t in_features, std::int64_t out_features);
    Tensor forward(const Tensor& x) override;

    Tensor weight;  ///< (out_features, in_features)
    Tensor bias;    ///< (out_features)
};

}  // namespace engine::nn
