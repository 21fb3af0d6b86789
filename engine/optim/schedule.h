#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/share_points.h"

namespace engine::optim {

/// How the learning rate moves during a training: a factor on the rate that was asked for, from the share of
/// all steps that is behind.
///
/// All are straight or cosine-shaped lines between points. By name:
///   constant     1 throughout
///   linear       from 1 down to 0
///   cosine       from 1 down to 0 along half a cosine (Loshchilov and Hutter, "SGDR", 2017, equation 5)
///   one-cycle    from 1/25 up to 1 at 30 % of the steps, then down to 1/250,000, along half cosines (Smith
///   and
///                Topin, "Super-convergence", 2018; PyTorch's OneCycleLR with its defaults)
/// or point by point, "0:0.2,0.25:1,1:0": the share, the factor; straight lines between them.
class Schedule {
  public:
    /// Throws UsageError for another text, shares that are not rising from 0 to 1, or a factor that is not a
    /// finite number of at least 0.
    explicit Schedule(std::string_view text = "constant");

    /// The same schedule after a warm-up: in the first `share` of all steps, the factor is also multiplied by
    /// what rises evenly from 0 to 1. Throws UsageError unless 0 <= share < 1.
    Schedule& warm_up(double share);

    /// For the step with that number, from 0, of `steps` in all. The last step is one short of the end, so
    /// that a rate of 0 is not wasted on it; a rate that is warmed up is not 0 at the first.
    double factor(std::int64_t step, std::int64_t steps) const;

  private:
    std::vector<SharePoint> points_;  // the first at share 0, the last at 1
    bool cosine_ = false;             // the form of the lines between them
    double warm_up_ = 0;
};

/// The forms that a Schedule's text may have, for help texts.
std::string schedule_forms();

}  // namespace engine::optim
