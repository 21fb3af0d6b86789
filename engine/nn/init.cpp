#include "engine/nn/init.h"

#include <algorithm>
#include <cmath>

namespace engine::nn {

Tensor uniform(const Shape& shape, float bound, Generator& generator) {
    const Tensor result = empty(shape);
    const RandomStream random = generator.next();
    for (std::int64_t i = 0; i < result.numel(); ++i)
        result.data()[i] = (2 * random.uniform(static_cast<std::uint64_t>(i)) - 1) * bound;
    return result;
}

Tensor default_init(const Shape& shape, std::int64_t fan_in, Generator& generator) {
    return uniform(shape, 1.0F / std::sqrt(static_cast<float>(std::max<std::int64_t>(fan_in, 1))), generator);
}

}  // namespace engine::nn
