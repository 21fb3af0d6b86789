#include "apps/report/axis.h"

#include <algorithm>
#include <cmath>

namespace apps {
namespace {

double round_step(double range, int ticks) {
    const double rough = range / ticks, power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough * (1 - 1e-9)) return factor * power;
    return 10 * power;
}

}  // namespace

Axis::Axis(double least, double most, double begin, double end, int ticks) : begin_(begin), end_(end) {
    // Below that of its size, a range cannot be told from rounding.
    const double smallest = std::max({std::abs(least), std::abs(most), 1e-6}) * 1e-6;
    if (most - least < smallest) {
        const double margin = std::max(std::abs(most) / 10, 1e-6);
        least -= margin;
        most += margin;
    }
    constexpr double rounding = 1e-6;
    step_ = round_step(most - least, ticks);
    low_ = std::floor(least / step_ + rounding) * step_;
    high_ = std::ceil(most / step_ - rounding) * step_;
}

std::vector<double> Axis::ticks() const {
    std::vector<double> values;
    const auto count = static_cast<int>(std::lround((high_ - low_) / step_));
    for (int i = 0; i <= count; ++i) values.push_back((std::round(low_ / step_) + i) * step_);
    return values;
}

int Axis::decimals() const { return std::max(0, static_cast<int>(-std::floor(std::log10(step_) + 1e-9))); }

}  // namespace apps
