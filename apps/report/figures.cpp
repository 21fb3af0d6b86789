#include "apps/report/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "apps/report/html.h"
#include "apps/terminal.h"

namespace apps {
namespace {

/// First letter large.
std::string capital(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() -= 'a' - 'A';
    return text;
}

void add_test(std::vector<Figure>& figures, const TestRecord& test) {
    figures.push_back({"Test accuracy", percent_text(test.accuracy),
                       fmt::format("{} images, read once, at the end{}", with_commas(test.images),
                                   test.views > 1 ? fmt::format("; mean of {} views", test.views) : "")});
    figures.push_back({"Test loss", loss_text(test.loss), ""});
}

void add_epochs(std::vector<Figure>& figures, const RunRecord& run) {
    const EpochRecord& last = run.epochs.back();
    const std::string split = capital(run.split), after = fmt::format("after epoch {}", last.epoch);
    const bool is_only_one = !run.test || run.split != "test";  // a test event says it better
    figures.push_back({(is_only_one ? split : "Single-view test") + " accuracy",
                       percent_text(last.measured_accuracy), after});
    if (const EpochRecord* best = run.best_epoch())
        figures.push_back({"Best " + run.split + " accuracy", percent_text(best->measured_accuracy),
                           fmt::format("after epoch {}, which this figure chose", best->epoch)});
    figures.push_back({"Train accuracy", percent_text(last.train_accuracy), after});
    figures.push_back({"Train loss", loss_text(last.train_loss), after});
    figures.push_back(
        {(is_only_one ? split : "Single-view test") + " loss", loss_text(last.measured_loss), after});
}

}  // namespace

double total_seconds(const RunRecord& run) {
    double seconds = 0;
    for (const EpochRecord& epoch : run.epochs)
        if (std::isfinite(epoch.seconds)) seconds += epoch.seconds;
    return seconds;
}

double median_images_per_second(const RunRecord& run) {
    std::vector<double> speeds;
    for (const StepRecord& step : run.steps)
        if (std::isfinite(step.images_per_second)) speeds.push_back(step.images_per_second);
    if (speeds.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = speeds.begin() + std::ssize(speeds) / 2;
    std::ranges::nth_element(speeds, middle);
    return *middle;
}

std::vector<Figure> figures_of(const RunRecord& run) {
    std::vector<Figure> figures;
    if (run.test) add_test(figures, *run.test);
    if (!run.epochs.empty()) {
        add_epochs(figures, run);
        figures.push_back({"Time", clock_time(total_seconds(run)), "training and evaluation of all epochs"});
    } else if (!run.steps.empty()) {
        figures.push_back({"Loss of a batch", loss_text(run.steps.back().loss),
                           fmt::format("at step {}", with_commas(run.steps.back().step))});
    }
    if (const double speed = median_images_per_second(run); std::isfinite(speed))
        figures.push_back(
            {"Speed", fmt::format("{} /s", with_commas(std::llround(speed))), "training images, median"});
    return figures;
}

}  // namespace apps
