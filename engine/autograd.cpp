#include "engine/autograd.h"

#include <unordered_set>
#include <utility>

#include "engine/error.h"
#include "kernels/fill/fill.h"

namespace engine {
namespace {

thread_local bool recording = true;

}  // namespace

// Depth first; on an explicit stack, because graphs may be deeper than the call stack.
std::vector<Tensor> topological_order(const Tensor& root) {
    if (root.is_leaf()) return {};
    std::vector<Tensor> order;
    std::unordered_set<const void*> seen{root.id()};
    std::vector<std::pair<Tensor, std::size_t>> path{
        {root, 0}};  // a tensor and the next of its inputs to visit
    while (!path.empty()) {
        auto& [tensor, next] = path.back();
        if (next == tensor.node()->inputs.size()) {
            order.push_back(std::move(tensor));
            path.pop_back();
            continue;
        }
        const Tensor input = tensor.node()->inputs[next++];
        if (input.requires_grad() && !input.is_leaf() && seen.insert(input.id()).second)
            path.emplace_back(input, 0);
    }
    return order;
}

void Tensor::backward() const {
    if (numel() != 1)
        throw UsageError("backward from a tensor of shape " + to_string(shape()), "in Tensor::backward",
                         "reduce it to one element first, e.g. with sum()");
    if (!requires_grad() || is_leaf())
        throw UsageError("backward from a tensor that no gradient flows to", "in Tensor::backward",
                         "compute it from tensors with requires_grad, outside NoGradGuard");
    std::vector<Tensor> order = topological_order(*this);
    for (const Tensor& tensor : order)
        if (tensor.node()->released())
            throw UsageError(std::string("backward through '") + tensor.node()->op + "' a second time",
                             "in Tensor::backward",
                             "the graph was freed by the first; run the forward again");
    claim_grad();
    kernels::fill(device(), {grad().data(), 1.0F, 1});
    for (auto tensor = order.rbegin(); tensor != order.rend(); ++tensor) {
        const LayerScope layer(tensor->node()->layer);
        tensor->node()->backward(tensor->grad_target());
        tensor->node()->release();
        tensor->drop_grad();
    }
}

Node::Node(const char* op_name, std::vector<Tensor> op_inputs, std::function<void(const Tensor&)> rule)
    : op(op_name), inputs(std::move(op_inputs)), backward(std::move(rule)) {}

void Node::release() {
    inputs.clear();
    backward = nullptr;
}

Node::~Node() {
    thread_local std::vector<Tensor>* pending = nullptr;
    backward = nullptr;  // the rule holds the inputs as well: let go of them while `inputs` keeps them alive
    if (pending) {
        for (Tensor& input : inputs) pending->push_back(std::move(input));
        return;
    }
    std::vector<Tensor> queue = std::move(inputs);
    pending = &queue;
    while (!queue.empty()) {
        const Tensor next = std::move(queue.back());
        queue.pop_back();
    }  // `next` dies here, and with it perhaps its node, which adds its own inputs to the queue
    pending = nullptr;
}

bool grad_enabled() { return recording; }

NoGradGuard::NoGradGuard() : before_(std::exchange(recording, false)) {}
NoGradGuard::~NoGradGuard() { recording = before_; }

bool needs_grad(std::initializer_list<Tensor> inputs) {
    if (!recording) return false;
    for (const Tensor& input : inputs)
        if (input.requires_grad()) return true;
    return false;
}

float* target_data(const Tensor& input) {
    return input.requires_grad() ? input.grad_target().data() : nullptr;
}

Tensor target_or_scratch(const Tensor& input) {
    return input.requires_grad() ? input.grad_target() : zeros(input.shape(), input.dtype(), input.device());
}

DenseTarget dense_target(const Tensor& input) {
    if (!input.requires_grad()) return {nullptr, false};
    const bool holds_gradient = input.claim_grad();
    return {input.grad().data(), holds_gradient};
}

Tensor record(const char* op, const Tensor& out, std::vector<Tensor> inputs,
              std::function<void(const Tensor&)> rule) {
    out.set_node(std::make_shared<Node>(op, std::move(inputs), std::move(rule)));
    return out;
}

}  // namespace engine
