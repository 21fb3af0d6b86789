#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/nn/module.h"
#include "engine/share_points.h"

namespace engine {

/// Trains fewer branches of every AttentionConv first: one that takes no part costs nothing, and the first
/// learns most of what the others would. In the manner of growing a network while it learns (Chen et al.,
/// "Net2Net", 2016).
class ProgressiveBranches {
  public:
    /// "none", or points: "0:1,0.8:3" trains the first branch, and after 80 % of all steps all three. Throws
    /// UsageError for another text, or numbers of branches that are not 1, 2 or 3, or fall.
    explicit ProgressiveBranches(std::string_view text = "none");

    /// Leaves branches out or brings them back, if that is due before the step with that number, from 0, of
    /// `steps` in all. To be called before each step; for step 0 also before an optimiser is made that
    /// remembers values, like Lookahead, which would bring back what it saw.
    void prepare(const nn::Module& model, std::int64_t step, std::int64_t steps) const;

  private:
    std::vector<SharePoint> counts_;
};

/// The forms that the text may have, for help texts.
std::string progressive_branches_forms();

}  // namespace engine
