#pragma once

#include <string>
#include <vector>

namespace apps {

struct ChartPoint {
    double x, y;
};

enum class LineStyle {
    solid,
    dashed,
    faint  ///< in the background; its extremes do not stretch the axis
};

struct ChartSeries {
    std::string name;
    int colour;  ///< from 0, taken modulo chart_colours
    LineStyle style;
    std::vector<ChartPoint> points;  ///< by rising x; those that are not finite are left out
    bool has_markers = true;         ///< each point tells its value
};

/// As many as people tell apart who do not see all colours (Okabe and Ito, "Color Universal Design", 2008).
inline constexpr int chart_colours = 6;

/// Curves over epochs.
struct LineChart {
    std::string title;
    std::string y_label;
    bool is_percentage;
    std::vector<ChartSeries> series;
};

/// A figure with the chart as SVG and its legend. A marker says in its title what it stands for; the page's
/// script shows that of all curves at once. `id` is unique in the page.
std::string draw(const LineChart& chart, int id);

}  // namespace apps
