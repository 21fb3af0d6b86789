#pragma once

#include <functional>
#include <vector>

#include "engine/profile.h"
#include "engine/tensor.h"

/// Reverse-mode automatic differentiation on a graph that is recorded while the program runs (define by run).
///
/// Every op that touches a tensor with requires_grad leaves a Node behind: its inputs and a rule that, given
/// the gradient of the output, adds to the gradients of the inputs. backward() orders the nodes so that each
/// comes before those it depends on, seeds the loss with one, and applies the rules in that order. See
/// docs/autograd.md.
namespace engine {

struct Node {
    const char* op;
    std::vector<Tensor> inputs;
    /// Adds to inputs' gradients (Tensor::grad_target) where they are wanted. What the rule captures is what
    /// the forward saved.
    std::function<void(const Tensor& d_out)> backward;
    /// Whose forward this was part of: a profile counts the backward as that layer's, too.
    LayerPath layer = current_layer();

    Node(const char* op_name, std::vector<Tensor> op_inputs, std::function<void(const Tensor&)> rule);
    /// Unlinks long chains one by one; the compiler's own destructor would recurse once per node.
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Drops the inputs and what the forward saved; a second backward through here is then an error.
    void release();
    bool released() const { return !backward; }
};

/// The recorded results that `root` was computed from, each after all those it was computed from, `root`
/// itself the last: what backward() walks in reverse. What made each of them, and from what, is its node().
/// Leaves and what requires no gradient are left out. Empty for a leaf; after a backward, `root` alone.
std::vector<Tensor> topological_order(const Tensor& root);

/// Whether ops are recorded on this thread.
bool grad_enabled();

/// While one lives, ops on this thread are not recorded: evaluation needs no graph and keeps no activations.
class NoGradGuard {
  public:
    NoGradGuard();
    ~NoGradGuard();
    NoGradGuard(const NoGradGuard&) = delete;
    NoGradGuard& operator=(const NoGradGuard&) = delete;

  private:
    bool before_;
};

/// Whether an op on these inputs has to be recorded; an undefined tensor counts as absent.
bool needs_grad(std::initializer_list<Tensor> inputs);

/// Where a rule adds an input's gradient: null if the input is absent or wants none.
float* target_data(const Tensor& input);

/// The same for a rule whose kernel computes all gradients together: memory that is thrown away if this one
/// is not wanted. Hold it while the kernel runs.
Tensor target_or_scratch(const Tensor& input);

/// Where a rule whose kernel can write a whole gradient puts it: memory is not zeroed only to be added to.
struct DenseTarget {
    float* data;          ///< null if the input is absent or wants no gradient
    bool holds_gradient;  ///< whether to add to it; if not, the rule writes every element
};
DenseTarget dense_target(const Tensor& input);

/// Makes `out` the result of a node and returns it. The rule must not capture `out` itself, which would then
/// keep itself alive: it captures out.detach().
Tensor record(const char* op, const Tensor& out, std::vector<Tensor> inputs,
              std::function<void(const Tensor& d_out)> rule);

}  // namespace engine
