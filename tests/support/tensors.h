#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/nn/module.h"
#include "engine/tensor.h"
#include "tests/support/compare.h"
#include "tests/support/random_values.h"

/// Tensors in tests of the engine.
namespace test {

using Floats = std::vector<float>;
using Labels = std::vector<std::int64_t>;

inline Floats to_vector(const engine::Tensor& x) { return {x.values().begin(), x.values().end()}; }

/// The gradient, or nothing if there is none.
inline Floats gradient_of(const engine::Tensor& x) {
    return x.grad().defined() ? to_vector(x.grad()) : Floats{};
}

/// A leaf with these values that wants gradients.
inline engine::Tensor leaf(const Floats& values, const engine::Shape& shape) {
    return engine::tensor(values, shape).set_requires_grad();
}

inline engine::Tensor random_tensor(const engine::Shape& shape, std::uint64_t stream) {
    return engine::tensor(random_values<float>(shape.numel(), stream), shape);
}

/// Multiples of 1/8, for exact sums.
inline engine::Tensor grid_tensor(const engine::Shape& shape, std::uint64_t stream) {
    return engine::tensor(grid_values<float>(shape.numel(), stream), shape);
}

/// The values of all float32 tensors of a state, to compare with later ones.
inline std::vector<Floats> values_of(const engine::nn::NamedTensors& state) {
    std::vector<Floats> result;
    for (const auto& [name, tensor] : state)
        if (tensor.dtype() == engine::DType::float32) result.push_back(to_vector(tensor));
    return result;
}

inline std::vector<std::string> names_of(const engine::nn::NamedTensors& state) {
    std::vector<std::string> result;
    for (const auto& [name, tensor] : state) result.push_back(name);
    return result;
}

/// A copy that later training does not change.
inline engine::nn::NamedTensors copy_of(const engine::nn::NamedTensors& state) {
    engine::nn::NamedTensors result;
    for (const auto& [name, tensor] : state) result.emplace_back(name, tensor.clone());
    return result;
}

}  // namespace test
