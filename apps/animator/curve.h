#pragma once

#include <cstdint>
#include <vector>

namespace apps {

struct CurvePoint {
    double x, y;
};

/// A curve that grows to the right, however long, in bounded memory: when there are too many points, each two
/// neighbours become their mean.
class Curve {
  public:
    static constexpr std::size_t most_points = 4096;  ///< more than any window has dots in a row

    /// A point that is not finite is left out.
    void add(double x, double y);
    /// From left to right; the last one may still be a mean of fewer than the others.
    const std::vector<CurvePoint>& points() const { return points_; }

  private:
    void halve();

    std::vector<CurvePoint> points_;
    std::int64_t full_ = 1;   ///< points added that make one point here
    std::int64_t count_ = 0;  ///< of these, in the last point
};

}  // namespace apps
