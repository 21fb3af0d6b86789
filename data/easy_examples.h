#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tensor.h"

namespace data {

/// Leaves easy examples out of some epochs, so that a network sees more of those that it has not learnt, in
/// the manner of Jiang et al., "Accelerating deep learning by focusing on the biggest losers", 2019.
///
/// Easy is what had the lowest loss when it was last trained on. An epoch leaves out a share s of all
/// examples: every other one, in the epoch's order, of the easiest 2 s, which are therefore seen in about
/// half of the epochs, and do not stay easy for want of being looked at.
class EasyExamples {
  public:
    /// Of that many examples. Throws UsageError unless 0 <= share <= 0.5.
    EasyExamples(std::int64_t examples, double share);

    /// How many examples an epoch leaves out.
    std::int64_t left_out() const { return left_out_; }

    /// To be called when an epoch begins, and not when one is taken up again: the losses known now decide
    /// what it leaves out.
    void begin_epoch();
    /// Removes what an epoch leaves out from its order of all examples. Of an order that never changes, even
    /// and odd epochs leave out different ones.
    void remove_from(std::vector<std::int64_t>& order, std::int64_t epoch) const;
    /// What those examples cost when they were trained on.
    void set_losses(std::span<const std::int64_t> examples, std::span<const float> losses);

    /// All that a resume needs, as (2, examples): the losses that decide for this epoch, and those known now;
    /// infinite for an example that was never trained on. Undefined if none are left out.
    engine::Tensor state() const;
    /// Throws UsageError for what is no state of so many examples.
    void load_state(const engine::Tensor& state);

  private:
    std::int64_t examples_, left_out_;
    std::vector<float> deciding_, known_;  ///< losses; empty if no example is left out
};

}  // namespace data
