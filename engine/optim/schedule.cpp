#include "engine/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"

namespace engine::optim {

std::string schedule_forms() {
    return "constant, linear, cosine, one-cycle, or points like 0:0.2,0.25:1,1:0";
}

Schedule::Schedule(std::string_view text) : cosine_(text == "cosine" || text == "one-cycle") {
    if (text == "constant")
        points_ = {{0, 1}, {1, 1}};
    else if (text == "linear" || text == "cosine")
        points_ = {{0, 1}, {1, 0}};
    else if (text == "one-cycle")
        points_ = {{0, 1.0 / 25}, {0.3, 1}, {1, 1.0 / 250'000}};
    else
        points_ = parse_share_points(text);
    if (points_.size() < 2 || points_.back().share != 1)
        throw UsageError("'" + std::string(text) + "' is no schedule", "in Schedule",
                         "give " + schedule_forms());
}

Schedule& Schedule::warm_up(double share) {
    if (!(share >= 0 && share < 1))
        throw UsageError("a warm-up of " + std::to_string(share) + " of all steps", "in Schedule::warm_up",
                         "give a number from 0 to less than 1");
    warm_up_ = share;
    return *this;
}

double Schedule::factor(std::int64_t step, std::int64_t steps) const {
    const double share = static_cast<double>(step) / static_cast<double>(steps);
    const auto after = std::find_if(points_.begin() + 1, points_.end() - 1,
                                    [&](const SharePoint& point) { return share < point.share; });
    const SharePoint &from = *(after - 1), &to = *after;
    double way = (share - from.share) / (to.share - from.share);
    if (cosine_) way = (1 - std::cos(std::numbers::pi * way)) / 2;
    const double factor = from.value + (to.value - from.value) * way;
    const double warm_up_steps = warm_up_ * static_cast<double>(steps);
    return factor * std::min(1.0, static_cast<double>(step + 1) / std::max(warm_up_steps, 1.0));
}

}  // namespace engine::optim
