#include "engine/tensor.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "kernels/add/add.h"
#include "kernels/common/memory.h"
#include "kernels/fill/fill.h"

namespace engine {

struct TensorBody {
    std::shared_ptr<Storage> storage;
    Shape shape;
    DType dtype = DType::float32;
    bool requires_grad = false;
    Tensor grad;            ///< or only memory for it
    bool has_grad = false;  ///< whether it is the former
    std::shared_ptr<Node> node;

    std::size_t bytes() const { return static_cast<std::size_t>(shape.numel()) * size_of(dtype); }
};

std::size_t size_of(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return sizeof(float);
        case DType::int64:
            return sizeof(std::int64_t);
        case DType::uint8:
            return sizeof(std::uint8_t);
    }
    return 0;
}

const char* name(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return "float32";
        case DType::int64:
            return "int64";
        case DType::uint8:
            return "uint8";
    }
    return "";
}

TensorBody& Tensor::body() const {
    if (!body_) throw UsageError("an undefined tensor was used", "in Tensor", "assign a tensor to it first");
    return *body_;
}

void* Tensor::checked_data(DType wanted) const {
    if (dtype() != wanted)
        throw UsageError(
            std::string("elements of type ") + name(wanted) + " asked of a " + name(dtype()) + " tensor",
            "in Tensor::data", "ask for the tensor's own type");
    return body().storage->data();
}

const Shape& Tensor::shape() const { return body().shape; }
DType Tensor::dtype() const { return body().dtype; }
Device Tensor::device() const { return body().storage->device(); }

void Tensor::require_host(const char* function) const {
    if (device() != Device::cpu)
        throw UsageError(
            std::string("elements on device '") + kernels::name(device()) + "' asked for by the host",
            std::string("in ") + function, "copy them with to(Device::cpu) first");
}

double Tensor::item() const {
    if (numel() != 1)
        throw UsageError("item() of a tensor of shape " + to_string(shape()), "in Tensor::item",
                         "reduce it to one element first");
    if (device() != Device::cpu) return to(Device::cpu).item();
    switch (dtype()) {
        case DType::float32:
            return *data<float>();
        case DType::int64:
            return static_cast<double>(*data<std::int64_t>());
        case DType::uint8:
            return *data<std::uint8_t>();
    }
    return 0;
}

namespace {

Shape infer_extents(std::vector<std::int64_t> extents, const Shape& from) {
    std::string asked = "(";
    for (std::int64_t extent : extents) asked += (asked.size() > 1 ? ", " : "") + std::to_string(extent);
    std::int64_t known = 1;
    for (std::int64_t extent : extents)
        if (extent != -1) known *= extent;
    const auto unknown = std::find(extents.begin(), extents.end(), -1);
    if (unknown != extents.end() && known > 0 && from.numel() % known == 0) *unknown = from.numel() / known;
    if (std::find(extents.begin(), extents.end(), -1) != extents.end() ||
        Shape(extents.data(), extents.data() + extents.size()).numel() != from.numel())
        throw UsageError("cannot give the shape " + asked + ") to a tensor of shape " + to_string(from),
                         "in Tensor::reshape",
                         "the number of elements must stay the same, with at most one -1");
    return Shape(extents.data(), extents.data() + extents.size());
}

}  // namespace

Tensor Tensor::reshape(const std::vector<std::int64_t>& extents) const {
    const Tensor x = *this;
    const Tensor out = view(x, infer_extents(extents, shape()));
    if (!needs_grad({x})) return out;
    return record("reshape", out, {x}, [x](const Tensor& d_out) {
        kernels::Broadcast flat{{1, 1, 1, d_out.numel()}, {0, 0, 0, 1}, {0, 0, 0, 1}};
        kernels::add_backward(x.device(), {x.grad_target().data(), nullptr, d_out.data(), 1.0F, flat});
    });
}

Tensor Tensor::detach() const { return view(*this, shape()); }

Tensor Tensor::clone() const {
    const Tensor copy = empty(shape(), dtype(), device());
    copy.copy_(*this);
    return copy;
}

Tensor Tensor::to(Device device) const {
    if (device == this->device()) return *this;
    const Tensor copy = empty(shape(), dtype(), device);
    copy.copy_(*this);
    return copy;
}

void Tensor::move_to_(Device device) const {
    if (!is_leaf())
        throw UsageError("the result of '" + std::string(body().node->op) + "' moved to another device",
                         "in Tensor::move_to_", "move the leaves it is computed from, or use to()");
    body().storage = to(device).body().storage;
    drop_grad();
}

namespace {

/// Between any two devices; through the host if neither is the CPU.
void copy_bytes(Device to, void* out, Device from, const void* in, std::size_t bytes) {
    if (to == from) return kernels::copy(to, out, in, bytes);
    if (to == Device::cpu) return kernels::copy_to_host(from, out, in, bytes);
    if (from == Device::cpu) return kernels::copy_from_host(to, out, in, bytes);
    std::vector<std::byte> host(bytes);
    kernels::copy_to_host(from, host.data(), in, bytes);
    kernels::copy_from_host(to, out, host.data(), bytes);
}

}  // namespace

void Tensor::copy_(const Tensor& source) const {
    if (source.shape() != shape() || source.dtype() != dtype())
        throw UsageError("cannot copy a " + std::string(name(source.dtype())) + " tensor of shape " +
                             to_string(source.shape()) + " into a " + name(dtype()) + " one of shape " +
                             to_string(shape()),
                         "in Tensor::copy_", "shape and type must agree");
    copy_bytes(device(), body().storage->data(), source.device(), source.body().storage->data(),
               body().bytes());
}

void Tensor::zero_() const { kernels::fill_zero(device(), body().storage->data(), body().bytes()); }

bool Tensor::requires_grad() const { return body_ && body_->requires_grad; }

Tensor& Tensor::set_requires_grad(bool wanted) {
    if (!is_leaf())
        throw UsageError("requires_grad set on the result of '" + std::string(body().node->op) + "'",
                         "in Tensor::set_requires_grad", "set it on a leaf, or detach() first");
    if (wanted && dtype() != DType::float32)
        throw UsageError(std::string("gradients asked for a ") + name(dtype()) + " tensor",
                         "in Tensor::set_requires_grad", "only float32 tensors have gradients");
    body().requires_grad = wanted;
    return *this;
}

bool Tensor::is_leaf() const { return body().node == nullptr; }

Tensor Tensor::grad() const { return body().has_grad ? body().grad : Tensor(); }

void Tensor::reserve_grad() const {
    if (!body().grad.defined()) body().grad = empty(shape(), dtype(), device());
}

bool Tensor::claim_grad() const {
    reserve_grad();
    return std::exchange(body().has_grad, true);
}

Tensor Tensor::grad_target() const {
    if (!claim_grad()) body().grad.zero_();
    return body().grad;
}

void Tensor::zero_grad() const { body().has_grad = false; }

const std::shared_ptr<Node>& Tensor::node() const { return body().node; }

void Tensor::set_node(std::shared_ptr<Node> node) const {
    body().node = std::move(node);
    body().requires_grad = true;
}

void Tensor::drop_grad() const {
    body().grad = Tensor();
    body().has_grad = false;
}

Tensor empty(const Shape& shape, DType dtype, Device device) {
    Tensor result;
    result.body_ = std::make_shared<TensorBody>();
    result.body_->shape = shape;
    result.body_->dtype = dtype;
    result.body_->storage = std::make_shared<Storage>(device, result.body_->bytes());
    return result;
}

Tensor from_memory(void* elements, const Shape& shape, DType dtype, std::shared_ptr<void> owner) {
    if (reinterpret_cast<std::uintptr_t>(elements) % size_of(dtype) != 0)
        throw UsageError(std::string(name(dtype)) + " elements at an address that is no multiple of " +
                             std::to_string(size_of(dtype)),
                         "in engine::from_memory", "copy them into a tensor");
    Tensor result;
    result.body_ = std::make_shared<TensorBody>();
    result.body_->shape = shape;
    result.body_->dtype = dtype;
    result.body_->storage = std::make_shared<Storage>(elements, std::move(owner));
    return result;
}

Tensor view(const Tensor& x, const Shape& shape) {
    Tensor result;
    result.body_ = std::make_shared<TensorBody>();
    result.body_->shape = shape;
    result.body_->dtype = x.dtype();
    result.body_->storage = x.body().storage;
    return result;
}

Tensor zeros(const Shape& shape, DType dtype, Device device) {
    const Tensor result = empty(shape, dtype, device);
    result.zero_();
    return result;
}

namespace {

template <typename T>
Tensor from_values(const std::vector<T>& values, const Shape& shape) {
    const Tensor result = empty(shape, dtype_of<T>());
    if (static_cast<std::int64_t>(values.size()) != shape.numel())
        throw UsageError(std::to_string(values.size()) + " values for a tensor of shape " + to_string(shape),
                         "in engine::tensor", "give one value per element");
    std::copy(values.begin(), values.end(), result.data<T>());
    return result;
}

}  // namespace

Tensor full(const Shape& shape, float value, Device device) {
    const Tensor result = empty(shape, DType::float32, device);
    kernels::fill(device, {result.data(), value, result.numel()});
    return result;
}

Tensor ones(const Shape& shape) { return full(shape, 1.0F); }

Tensor tensor(const std::vector<float>& values, const Shape& shape) { return from_values(values, shape); }

Tensor tensor(const std::vector<std::int64_t>& values, const Shape& shape) {
    return from_values(values, shape);
}

}  // namespace engine
