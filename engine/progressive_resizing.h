#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/share_points.h"
#include "engine/tensor.h"

namespace engine {

/// Trains on small images first: they cost less, and what is learned early can be seen in them (Howard, for
/// DAWNBench, 2018; Hoffer et al., "Mix & Match", 2019). Needs a network that takes images of any size.
class ProgressiveResizing {
  public:
    /// "none", or points: "0:16,0.4:32" shrinks images of more than 16 rows or columns to 16, and in the
    /// steps after 40 % of all those of more than 32. Throws UsageError for another text, or a side that is
    /// no whole number of at least 1.
    explicit ProgressiveResizing(std::string_view text = "none");

    /// images (N, H, W, C) as the step with that number, from 0, of `steps` in all is to see them: shrunk by
    /// the means of bins, or unchanged. Not recorded for gradients.
    Tensor resize(const Tensor& images, std::int64_t step, std::int64_t steps) const;

    /// The smallest side that images are shrunk to; 0 for none.
    std::int64_t smallest_side() const;

  private:
    std::vector<SharePoint> sides_;
};

/// The forms that the text may have, for help texts.
std::string progressive_resizing_forms();

}  // namespace engine
