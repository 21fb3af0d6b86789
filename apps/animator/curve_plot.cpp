#include "apps/animator/curve_plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace apps {
namespace {

constexpr int rows_around = 3;    // legend, axis of the epochs, their labels
constexpr int right_columns = 7;  // axis and label: "├ 100%", "30 epoch"
constexpr const char* bold = "\x1b[1m";

/// A scale from 0 to `top`, which is a multiple of the step between ticks if it is round.
struct Scale {
    double top, step;

    double tick(int i) const { return step * i; }
    int ticks() const { return static_cast<int>(std::floor(top / step + 1e-6)) + 1; }
    /// A tick's value times `unit`, with the decimals that tell ticks apart, or few digits where it is long.
    std::string label(int i, double unit = 1) const {
        const double digits = -std::floor(std::log10(step * unit) + 1e-6);
        if (digits > 4 || top * unit >= 1e6) return fmt::format("{:.3g}", tick(i) * unit);
        return fmt::format("{:.{}f}", tick(i) * unit, std::max(0, static_cast<int>(digits)));
    }
    /// The place among so many dots, counted from 0; what is beyond the scale is at its end.
    int place(double value, int dots) const {
        return static_cast<int>(std::lround(std::clamp(value / top, 0.0, 1.0) * (dots - 1)));
    }
};

/// 1, 2 or 5 times a power of ten, the least not below `value`.
double round_up(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= value * (1 - 1e-9)) return factor * power;
    return 10 * power;
}

Scale scale_to(double top, int most_ticks) { return {top, round_up(top / most_ticks)}; }

Scale loss_scale(const Curve& curve, int rows) {
    constexpr double beyond_any_loss = 1e300;  // what is written in a run's file may be anything
    double most = 0;
    for (const CurvePoint& point : curve.points()) most = std::max(most, std::min(point.y, beyond_any_loss));
    if (most == 0) most = 1;
    const double step = round_up(most / std::max(rows / 2, 1));
    return {std::ceil(most / step - 1e-9) * step, step};
}

Scale epoch_scale(const CurvePlot& plot, int columns) {
    double reached = 0;
    const auto reach = [&](const Curve& curve) {
        if (!curve.points().empty()) reached = std::max(reached, curve.points().back().x);
    };
    reach(plot.loss.curve);
    for (const PlottedCurve& share : plot.shares) reach(share.curve);
    const double end = std::min(round_up(std::max(reached, 1.0)), plot.last_epoch);
    constexpr int columns_for_label = 8;
    return scale_to(end, std::max(columns / columns_for_label, 1));
}

/// Draws a curve as a line through the mean of its points in each column of dots.
void draw_curve(BrailleCanvas& canvas, const PlottedCurve& plotted, const Scale& across, const Scale& up) {
    const std::vector<CurvePoint>& points = plotted.curve.points();
    int last_x = -1, last_y = -1;
    for (std::size_t i = 0; i < points.size();) {
        const int x = across.place(points[i].x, canvas.width());
        double sum = 0, count = 0;
        for (; i < points.size() && across.place(points[i].x, canvas.width()) == x; ++i, ++count)
            sum += points[i].y;
        const int y = canvas.height() - 1 - up.place(sum / count, canvas.height());
        canvas.line(last_x < 0 ? x - 1 : last_x, last_x < 0 ? y : last_y, x, y, plotted.colour);
        last_x = x;
        last_y = y;
    }
}

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

std::string legend_of(const CurvePlot& plot, bool is_short) {
    std::string text;
    const auto add = [&](const PlottedCurve& plotted) {
        text += fmt::format("{}{}━━{} {}", text.empty() ? "" : "  ", colour_code(plotted.colour),
                            colour_code(0), is_short ? plotted.short_name : plotted.name);
    };
    add(plot.loss);
    for (const PlottedCurve& share : plot.shares) add(share);
    return text;
}

/// Columns that the legend takes.
int legend_width(const CurvePlot& plot, bool is_short) {
    constexpr int mark = 3, gap = 2;
    int width = -gap;
    const auto add = [&](const PlottedCurve& plotted) {
        width += gap + mark + static_cast<int>((is_short ? plotted.short_name : plotted.name).size());
    };
    add(plot.loss);
    for (const PlottedCurve& share : plot.shares) add(share);
    return width;
}

/// The legend in the middle between what the axes on its sides are called.
std::string title_row(const CurvePlot& plot, int columns) {
    const std::string left = "loss", right = "accuracy";
    const int between = columns - static_cast<int>(left.size() + right.size());
    const bool is_short = legend_width(plot, false) + 2 > between;
    const int room = between - legend_width(plot, is_short);
    return fmt::format("{}{}{}{}{}{}{}{}{}", bold, left, colour_code(0), spaces(room / 2),
                       legend_of(plot, is_short), spaces(room - room / 2), bold, right, colour_code(0));
}

/// Labels of a scale that goes up, by row; empty where there is no tick.
std::vector<std::string> row_labels(const Scale& scale, int rows, double unit, const char* suffix) {
    std::vector<std::string> labels(static_cast<std::size_t>(rows));
    const int dots = rows * BrailleCanvas::dots_down;
    for (int i = 0; i < scale.ticks(); ++i) {
        const int row = (dots - 1 - scale.place(scale.tick(i), dots)) / BrailleCanvas::dots_down;
        labels[static_cast<std::size_t>(row)] = scale.label(i, unit) + suffix;
    }
    return labels;
}

/// The axis of the epochs, from corner to corner, and its labels, beginning `left` columns before it.
std::pair<std::string, std::string> epoch_axis(const Scale& scale, int columns, int left) {
    std::vector<bool> has_tick(static_cast<std::size_t>(columns));
    std::string labels = spaces(left + 1 + columns + right_columns);
    std::size_t end = 0;
    for (int i = 0; i < scale.ticks(); ++i) {
        const int column =
            scale.place(scale.tick(i), columns * BrailleCanvas::dots_across) / BrailleCanvas::dots_across;
        has_tick[static_cast<std::size_t>(column)] = true;
        const std::string label = scale.label(i);
        const auto begin = static_cast<std::size_t>(left + 1 + column) - (label.size() - 1) / 2;
        labels.replace(begin, label.size(), label);
        end = begin + label.size();
    }
    const std::string unit = " epoch";
    if (end + unit.size() <= labels.size()) labels.replace(end, std::string::npos, unit);
    std::string axis = "└";
    for (const bool tick : has_tick) axis += tick ? "┬" : "─";
    return {axis + "┘", labels};
}

}  // namespace

std::vector<std::string> CurvePlot::draw(int columns, int rows) const {
    const int canvas_rows = rows - rows_around;
    const Scale losses = loss_scale(loss.curve, canvas_rows);
    const Scale percents = scale_to(1, std::max(canvas_rows / 2, 1));
    const std::vector<std::string> left_labels = row_labels(losses, canvas_rows, 1, ""),
                                   right_labels = row_labels(percents, canvas_rows, 100, "%");
    std::size_t left = 0;
    for (const std::string& label : left_labels) left = std::max(left, label.size() + 1);
    const int canvas_columns = columns - static_cast<int>(left) - 1 - right_columns;
    const Scale epochs = epoch_scale(*this, canvas_columns);

    BrailleCanvas canvas(canvas_columns, canvas_rows);
    for (const PlottedCurve& share : shares) draw_curve(canvas, share, epochs, percents);
    draw_curve(canvas, loss, epochs, losses);

    std::vector<std::string> lines{title_row(*this, columns)};
    for (int row = 0; row < canvas_rows; ++row) {
        const std::string &low = left_labels[static_cast<std::size_t>(row)],
                          &high = right_labels[static_cast<std::size_t>(row)];
        lines.push_back(fmt::format("{:>{}}{}{}{}", low + (low.empty() ? "" : " "), left,
                                    low.empty() ? "│" : "┤", canvas.row(row),
                                    high.empty() ? "│" : "├ " + high));
    }
    auto [axis, labels] = epoch_axis(epochs, canvas_columns, static_cast<int>(left));
    lines.push_back(spaces(static_cast<int>(left)) + axis);
    lines.push_back(std::move(labels));
    return lines;
}

}  // namespace apps
