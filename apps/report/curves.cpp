#include "apps/report/curves.h"

#include <algorithm>

#include "apps/report/html.h"
#include "apps/report/line_chart.h"

namespace apps {
namespace {

constexpr int train_colour = 0, measured_colour = 1, batch_colour = 2;
constexpr const char* loss_label = "cross-entropy in nats";
constexpr const char* accuracy_label = "images predicted correctly";

std::vector<ChartPoint> of_steps(const RunRecord& run, double StepRecord::*value) {
    std::vector<ChartPoint> points;
    for (const StepRecord& step : run.steps) points.push_back({run.epochs_at(step.step), step.*value});
    return points;
}

std::vector<ChartPoint> of_epochs(const RunRecord& run, double EpochRecord::*value) {
    // An epoch that --max-steps cut short ended before its end.
    const double end = run.steps.empty() ? 0 : run.epochs_at(run.steps.back().step);
    std::vector<ChartPoint> points;
    for (const EpochRecord& record : run.epochs) {
        const auto epoch = static_cast<double>(record.epoch);
        const bool is_cut = &record == &run.epochs.back() && end > epoch - 1 && end < epoch;
        points.push_back({is_cut ? end : epoch, record.*value});
    }
    return points;
}

LineChart chart_of(const RunRecord& run, bool is_accuracy) {
    const auto step_value = is_accuracy ? &StepRecord::accuracy : &StepRecord::loss;
    const auto train_value = is_accuracy ? &EpochRecord::train_accuracy : &EpochRecord::train_loss;
    const auto measured_value = is_accuracy ? &EpochRecord::measured_accuracy : &EpochRecord::measured_loss;
    const std::string what = is_accuracy ? " accuracy" : " loss";
    return {
        is_accuracy ? "Accuracy" : "Loss",
        is_accuracy ? accuracy_label : loss_label,
        is_accuracy,
        {{"single batches", batch_colour, LineStyle::faint, of_steps(run, step_value), run.epochs.empty()},
         {"train" + what, train_colour, LineStyle::dashed, of_epochs(run, train_value)},
         {run.split + what, measured_colour, LineStyle::solid, of_epochs(run, measured_value)}}};
}

std::string grid_of(const std::string& charts) { return element("div", R"(class="charts")", charts); }

LineChart compared(const std::vector<RunRecord>& runs, const std::string& title, bool is_accuracy,
                   double EpochRecord::*value, double StepRecord::*stand_in) {
    LineChart chart{title, is_accuracy ? accuracy_label : loss_label, is_accuracy, {}};
    int colour = 0;
    for (const RunRecord& run : runs) {
        const bool has_epochs = !run.epochs.empty();
        // Beyond the number of colours, dashes tell runs apart.
        const LineStyle style = colour < chart_colours ? LineStyle::solid : LineStyle::dashed;
        if (has_epochs || stand_in != nullptr)
            chart.series.push_back({run.name + (has_epochs ? "" : " (single batches)"), colour, style,
                                    has_epochs ? of_epochs(run, value) : of_steps(run, stand_in)});
        ++colour;
    }
    return chart;
}

/// What the runs' epochs are measured on, in a title: both, if they differ.
std::string splits_of(const std::vector<RunRecord>& runs) {
    const auto has = [&](const char* split) {
        return std::ranges::any_of(runs, [&](const RunRecord& run) { return run.split == split; });
    };
    if (!has("validation")) return "Test";
    return has("test") ? "Test or validation" : "Validation";
}

}  // namespace

std::string draw_curves(const RunRecord& run) {
    if (run.steps.empty() && run.epochs.empty()) return "";
    return grid_of(draw(chart_of(run, false), 1) + draw(chart_of(run, true), 2));
}

std::string draw_compared_curves(const std::vector<RunRecord>& runs) {
    const bool has_any = std::ranges::any_of(
        runs, [](const RunRecord& run) { return !run.steps.empty() || !run.epochs.empty(); });
    if (!has_any) return "";
    const std::string split = splits_of(runs);
    return grid_of(
        draw(compared(runs, "Train loss", false, &EpochRecord::train_loss, &StepRecord::loss), 1) +
        draw(compared(runs, "Train accuracy", true, &EpochRecord::train_accuracy, &StepRecord::accuracy), 2) +
        draw(compared(runs, split + " loss", false, &EpochRecord::measured_loss, nullptr), 3) +
        draw(compared(runs, split + " accuracy", true, &EpochRecord::measured_accuracy, nullptr), 4));
}

}  // namespace apps
