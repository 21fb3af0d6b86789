#pragma once

#include <vector>

namespace apps {

/// One axis of a chart: from values to places, with ticks at round values.
class Axis {
  public:
    /// From a multiple of the tick's step at or below `least` to one at or above `most`, which are finite and
    /// may be equal; drawn from `begin` to `end`. About `ticks` ticks, 1, 2 or 5 times a power of ten apart.
    Axis(double least, double most, double begin, double end, int ticks);

    double place(double value) const { return begin_ + (end_ - begin_) * (value - low_) / (high_ - low_); }
    double step() const { return step_; }
    double low() const { return low_; }
    double high() const { return high_; }
    std::vector<double> ticks() const;
    /// Decimals that tell the ticks apart.
    int decimals() const;

  private:
    double begin_, end_, step_, low_, high_;
};

}  // namespace apps
