#include "apps/report/line_chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/report/axis.h"
#include "apps/report/html.h"

namespace apps {
namespace {

// In pixels, on a page that is wide enough.
constexpr double width = 460, height = 290;
constexpr double left = 50, right = 450, top = 26, bottom = 250;

constexpr std::size_t most_points = 500;

bool is_finite(const ChartPoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

/// Without what is no number, and with neighbours averaged until a screen can show what is left.
ChartSeries prepared(ChartSeries series) {
    std::erase_if(series.points, [](const ChartPoint& point) { return !is_finite(point); });
    const std::size_t together = (series.points.size() + most_points - 1) / most_points;
    if (series.style != LineStyle::faint || together < 2) return series;
    std::vector<ChartPoint> means;
    for (std::size_t i = 0; i + together <= series.points.size(); i += together) {
        ChartPoint sum{0, 0};
        for (std::size_t j = i; j < i + together; ++j) {
            sum.x += series.points[j].x;
            sum.y += series.points[j].y;
        }
        const auto count = static_cast<double>(together);
        means.push_back({sum.x / count, sum.y / count});
    }
    series.points = std::move(means);
    return series;
}

struct Range {
    double least, most;
};

/// Of what is to be seen whole: all values, or, if all curves are faint, all but the extremes.
Range y_range(const std::vector<ChartSeries>& series) {
    const bool only_faint = std::ranges::all_of(
        series, [](const ChartSeries& one) { return one.style == LineStyle::faint || one.points.empty(); });
    std::vector<double> values;
    for (const ChartSeries& one : series) {
        std::vector<double> own;
        for (const ChartPoint& point : one.points) own.push_back(point.y);
        std::ranges::sort(own);
        const std::size_t cut = one.style == LineStyle::faint && !only_faint ? own.size() / 20 : 0;
        values.insert(values.end(), own.begin() + static_cast<std::ptrdiff_t>(cut),
                      own.end() - static_cast<std::ptrdiff_t>(cut));
    }
    if (values.empty()) return {0, 1};
    return {*std::ranges::min_element(values), *std::ranges::max_element(values)};
}

double x_end(const std::vector<ChartSeries>& series) {
    double end = 0;
    for (const ChartSeries& one : series)
        for (const ChartPoint& point : one.points) end = std::max(end, point.x);
    return end > 0 ? end : 1;
}

std::string tick_text(double value, const Axis& axis, bool is_percentage) {
    if (is_percentage) return fmt::format("{:.{}f}%", 100 * value, std::max(0, axis.decimals() - 2));
    return fmt::format("{:.{}f}", value, axis.decimals());
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
    return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor,
                       escape(text));
}

std::string draw_axes(const LineChart& chart, const Axis& x, const Axis& y) {
    std::string svg;
    for (const double tick : y.ticks()) {
        const double at = y.place(tick);
        svg += fmt::format(R"(<line class="grid" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)",
                           left, right, at);
        svg += text_at(left - 8, at + 4, "end", tick_text(tick, y, chart.is_percentage));
    }
    for (const double tick : x.ticks()) {
        const double at = x.place(tick);
        if (at > right + 0.1) continue;
        svg += fmt::format(R"(<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>)", at,
                           bottom, bottom + 4);
        svg += text_at(at, bottom + 18, "middle", fmt::format("{:.{}f}", tick, x.decimals()));
    }
    svg += fmt::format(R"(<line class="axis" x1="{0:.1f}" x2="{1:.1f}" y1="{2:.1f}" y2="{2:.1f}"/>)", left,
                       right, bottom);
    svg += text_at((left + right) / 2, height - 6, "middle", "epoch");
    return svg + text_at(left - 42, 12, "start", chart.y_label);
}

std::string class_of(const ChartSeries& series) {
    const char* style = series.style == LineStyle::solid    ? "solid"
                        : series.style == LineStyle::dashed ? "dashed"
                                                            : "faint";
    return fmt::format("c{} {}", series.colour % chart_colours, style);
}

std::string draw_curve(const ChartSeries& series, const Axis& x, const Axis& y) {
    std::string points;
    for (const ChartPoint& point : series.points)
        points +=
            fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", x.place(point.x), y.place(point.y));
    return fmt::format(R"(<polyline class="{}" points="{}"/>)", class_of(series), points);
}

std::string epoch_text(double epoch) {
    return epoch == std::floor(epoch) ? fmt::format("epoch {:.0f}", epoch)
                                      : fmt::format("epoch {:.2f}", epoch);
}

/// The title's first line is where on the axis, the second what the curve's value is there.
std::string draw_markers(const ChartSeries& series, const Axis& x, const Axis& y, bool is_percentage) {
    std::string svg;
    for (const ChartPoint& point : series.points)
        svg += fmt::format(
            R"(<circle class="c{}" cx="{:.1f}" cy="{:.1f}" r="2"><title>{}{}{} {}</title></circle>)",
            series.colour % chart_colours, x.place(point.x), y.place(point.y), epoch_text(point.x), "\n",
            escape(series.name), is_percentage ? percent_text(point.y) : loss_text(point.y));
    return svg;
}

std::string draw_legend(const std::vector<ChartSeries>& series) {
    std::string items;
    for (const ChartSeries& one : series)
        items += element("li", "",
                         fmt::format(R"(<svg width="26" height="10" aria-hidden="true"><polyline class="{}" )"
                                     R"(points="1,5 25,5"/></svg>{})",
                                     class_of(one), escape(one.name)));
    return element("ul", R"(class="legend")", items);
}

}  // namespace

std::string draw(const LineChart& chart, int id) {
    std::vector<ChartSeries> series;
    for (const ChartSeries& one : chart.series)
        if (ChartSeries ready = prepared(one); !ready.points.empty()) series.push_back(std::move(ready));
    const double epochs = x_end(series);
    const Range range = y_range(series);
    const Axis y(range.least, range.most, bottom, top, 5);
    // Its last tick may lie beyond the last epoch: the axis ends with the epoch.
    const int ticks =
        epochs < 2 ? 5 : static_cast<int>(std::min(epochs, 6.0));  // at whole epochs, if there are some
    const Axis round_x(0, epochs, 0, 1, ticks);
    const Axis x(0, epochs, left, left + (right - left) * round_x.high() / epochs, ticks);

    std::string curves, markers;
    for (const ChartSeries& one : series) {
        curves += draw_curve(one, x, y);
        if (one.has_markers) markers += draw_markers(one, x, y, chart.is_percentage);
    }
    const std::string svg = fmt::format(
        R"svg(<svg class="plot" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">)svg"
        R"svg(<clipPath id="plot{3}"><rect x="{4}" y="{5}" width="{6}" height="{7}"/></clipPath>)svg"
        R"svg({8}<g clip-path="url(#plot{3})">{9}</g><line class="rule" y1="{10}" y2="{11}"/>{12}</svg>)svg",
        width, height, escape(chart.title + " against epochs"), id, left - 3, top - 3, right - left + 6,
        bottom - top + 6, draw_axes(chart, x, y), curves, top, bottom, markers);
    return element("figure", R"(class="chart")",
                   element("figcaption", "", escape(chart.title)) + draw_legend(series) + svg +
                       R"(<div class="tip" hidden="hidden"></div>)");
}

}  // namespace apps
