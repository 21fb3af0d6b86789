#include "apps/animator/curve.h"

#include <cmath>

namespace apps {

void Curve::add(double x, double y) {
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    if (points_.size() == most_points && count_ == full_) halve();
    if (points_.empty() || count_ == full_) {
        points_.push_back({x, y});
        count_ = 1;
        return;
    }
    ++count_;
    CurvePoint& mean = points_.back();
    mean.x += (x - mean.x) / static_cast<double>(count_);
    mean.y += (y - mean.y) / static_cast<double>(count_);
}

void Curve::halve() {
    for (std::size_t i = 0; i < most_points / 2; ++i) {
        const CurvePoint &left = points_[2 * i], &right = points_[2 * i + 1];
        points_[i] = {(left.x + right.x) / 2, (left.y + right.y) / 2};
    }
    points_.resize(most_points / 2);
    full_ *= 2;
    count_ = full_;
}

}  // namespace apps
