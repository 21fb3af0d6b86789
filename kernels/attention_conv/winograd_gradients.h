#pragma once

#include <cstdint>

#include "kernels/attention_conv/winograd_plan.h"

/// The backward of attention_conv by Winograd's algorithm, in two forms with one result up to rounding; which
/// is faster depends on the shape, attention_conv_backward chooses.
namespace kernels::cpu::winograd {

/// Each gradient in a pass of its own, cut as its own sums want it: for any shape.
void separate_gradients(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                        const Participants& participants);

/// Whether shared_gradients is for them: the filters of the branches that take part, transformed, stay in
/// cache, their tiles are many, and a gradient can be divided by any a_k that is not 0.
bool can_share(const AttentionConvBackward<float>& args, const Plan& plan, const Participants& participants);

/// Both gradients in one pass over the images, so that each transform is made once.
void shared_gradients(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                      const Participants& participants);

/// U^T of all branches, one after the other in that layout; undefined for those that take part in no image.
/// Valid until the thread's next call.
const float* transform_all_filters(const AttentionConvBackward<float>& args, const Plan& plan,
                                   const Participants& participants, const Layout& layout);

/// The gradients of weights and biases as sums of parts, each added up by one work item. A single part is at
/// the gradients themselves. Branches that take part in no image have none.
class FilterGradientParts {
  public:
    FilterGradientParts(const AttentionConvBackward<float>& args, const Participants& participants,
                        std::int64_t parts);

    /// Must be called before anything is added to a part of the gradients of `count` filters.
    void begin(std::int64_t part, std::int64_t k, std::int64_t channel, std::int64_t count) const;
    /// Where a part adds the gradients of a branch's filters from `channel` on.
    float* weight(std::int64_t part, std::int64_t k, std::int64_t channel) const;
    float* bias(std::int64_t part, std::int64_t k, std::int64_t channel) const;
    /// Adds the parts to the gradients, in order.
    void add_up() const;

  private:
    const AttentionConvBackward<float>& args_;
    Participants::Branches branches_;
    std::int64_t parts_;
    float* d_weight_ = nullptr;  ///< (parts, branches, filters, taps); null if there is one part
    float* d_bias_ = nullptr;    ///< (parts, branches, filters); likewise
};

}  // namespace kernels::cpu::winograd
