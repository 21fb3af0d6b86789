#pragma once

#include <string>
#include <vector>

#include "apps/animator/braille_canvas.h"
#include "apps/animator/curve.h"

namespace apps {

struct PlottedCurve {
    std::string name;
    std::string short_name;  ///< for a narrow window
    Colour colour;
    Curve curve;
};

/// What a plot shows: losses on a scale of their own, on the left, from 0 to a round number above the
/// largest; shares on the right, from 0 to 100 %; both against epochs.
struct CurvePlot {
    PlottedCurve loss;
    std::vector<PlottedCurve> shares;
    double last_epoch;  ///< where the training will end; may be a fraction

    /// The plot as lines for a terminal, `columns` wide and `rows` high at most, which are at least
    /// least_columns and least_rows. The epochs reach from 0 to a round number that the curves have not yet
    /// passed, so that a young training fills the plot, too.
    std::vector<std::string> draw(int columns, int rows) const;

    static constexpr int least_columns = 52, least_rows = 7;
};

}  // namespace apps
