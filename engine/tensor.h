#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "engine/shape.h"
#include "engine/storage.h"

namespace engine {

/// Element types: float32 for everything that is differentiated, int64 for labels and counters, uint8 for
/// what a forward saves in fewer bits.
enum class DType : std::uint8_t { float32, int64, uint8 };

std::size_t size_of(DType dtype);
const char* name(DType dtype);

template <typename T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
    return DType::float32;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
    return DType::int64;
}
template <>
constexpr DType dtype_of<std::uint8_t>() {
    return DType::uint8;
}

struct Node;        // engine/autograd.h
struct TensorBody;  // what all handles of one tensor share

/// A dense array and, if gradients are asked for, its place in the autograd graph. A Tensor is a handle:
/// copies mean the same tensor, as in PyTorch.
class Tensor {
  public:
    /// No tensor at all; defined() is false.
    Tensor() = default;

    bool defined() const { return body_ != nullptr; }
    const Shape& shape() const;
    std::int64_t size(int dimension) const { return shape()[dimension]; }
    std::int64_t numel() const { return shape().numel(); }
    DType dtype() const;
    /// The bytes that its elements take.
    std::size_t nbytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype()); }
    Device device() const;

    /// Where the first element lies in the memory of the tensor's device: for kernels, and on the CPU for
    /// everybody. Throws UsageError if T is not the tensor's element type.
    template <typename T = float>
    T* data() const {
        return static_cast<T*>(checked_data(dtype_of<T>()));
    }
    /// The same place, for those who copy its nbytes() bytes whatever they mean.
    void* data_ptr() const { return checked_data(dtype()); }
    /// The elements of a tensor of the CPU. Throws UsageError for one of another device.
    template <typename T = float>
    std::span<T> values() const {
        require_host("Tensor::values");
        return {data<T>(), static_cast<std::size_t>(numel())};
    }
    /// The value of a tensor with one element, of whatever type and device; waits for the kernels before.
    double item() const;

    /// The same elements under another shape, sharing storage; one extent may be -1: it is inferred.
    Tensor reshape(const std::vector<std::int64_t>& extents) const;
    /// The same elements outside the graph, sharing storage.
    Tensor detach() const;
    /// A copy of the elements on the same device, outside the graph.
    Tensor clone() const;
    /// A copy of the elements on that device, outside the graph; this tensor itself if it is there already.
    Tensor to(Device device) const;
    /// Moves the elements of a leaf to a device: all handles see them there. Its gradient is forgotten, and
    /// views that were made of it keep the old elements.
    void move_to_(Device device) const;
    /// Overwrites the elements with those of a tensor of the same shape and type, on whatever device; not
    /// recorded in the graph.
    void copy_(const Tensor& source) const;
    void zero_() const;

    /// True for a leaf that asked for gradients, and for all that was computed from one.
    bool requires_grad() const;
    /// Asks for gradients; only for leaves of type float32. Returns this tensor.
    Tensor& set_requires_grad(bool wanted = true);
    bool is_leaf() const;

    /// The gradient that backward() has added up so far; undefined if there is none.
    Tensor grad() const;
    /// The gradient as a target to add into; zeros at first. For backward rules.
    Tensor grad_target() const;
    /// The same target without the zeros: returns whether it holds a gradient already. If not, the caller
    /// writes every element before anyone reads grad(), where it counts as a gradient from now on.
    bool claim_grad() const;
    /// Sets memory aside for a gradient, which stays undefined until the first grad_target(). Taken during a
    /// backward, it would come from what activations have just let go, and the next forward would miss it.
    void reserve_grad() const;
    /// Forgets the gradient and keeps its memory, which is zeroed when the next backward comes to it: that is
    /// just before it is added to, so it is still in cache then.
    void zero_grad() const;
    /// Forgets the gradient and its memory; the graph does so with intermediate results.
    void drop_grad() const;

    /// Adds to the gradient of every leaf this scalar was computed from, then frees the graph. Throws
    /// UsageError if this is no scalar, was not computed from anything that requires gradients, or was walked
    /// back before.
    void backward() const;

    /// For engine/autograd.cpp and for ops that record themselves.
    const std::shared_ptr<Node>& node() const;
    void set_node(std::shared_ptr<Node> node) const;
    /// Two handles of the same tensor?
    bool is(const Tensor& other) const { return body_ == other.body_; }
    const void* id() const { return body_.get(); }

  private:
    friend Tensor empty(const Shape&, DType, Device);
    friend Tensor view(const Tensor&, const Shape&);
    friend Tensor from_memory(void*, const Shape&, DType, std::shared_ptr<void>);

    TensorBody& body() const;
    void* checked_data(DType wanted) const;
    void require_host(const char* function) const;

    std::shared_ptr<TensorBody> body_;
};

/// Not initialised.
Tensor empty(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
Tensor zeros(const Shape& shape, DType dtype = DType::float32, Device device = Device::cpu);
Tensor full(const Shape& shape, float value, Device device = Device::cpu);
Tensor ones(const Shape& shape);
/// A tensor with the given values, row-major. Throws UsageError if their number does not fit the shape.
Tensor tensor(const std::vector<float>& values, const Shape& shape);
Tensor tensor(const std::vector<std::int64_t>& values, const Shape& shape);
/// float32, for values that are written down: tensor({1, 2, 3}, {3}).
inline Tensor tensor(std::initializer_list<float> values, const Shape& shape) {
    return tensor(std::vector<float>(values), shape);
}
/// A tensor of the CPU whose elements are somebody else's, without a copy: they lie one after the other from
/// `elements` on, and stay where they are until the tensor, and all that shares its storage, lets go of
/// `owner`. What either side writes the other sees. Throws UsageError if they are not aligned to their size.
Tensor from_memory(void* elements, const Shape& shape, DType dtype, std::shared_ptr<void> owner);
/// The same storage under another shape of as many elements, outside the graph. For ops; users call reshape.
Tensor view(const Tensor& x, const Shape& shape);

}  // namespace engine
