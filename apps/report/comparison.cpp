#include "apps/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "apps/report/figures.h"
#include "apps/report/html.h"
#include "apps/report/line_chart.h"
#include "apps/terminal.h"

namespace apps {
namespace {

std::string run_head(const RunRecord& run, std::size_t index, const char* scope) {
    return element("th", fmt::format(R"(scope="{}")", scope),
                   fmt::format(R"(<i class="c{}"></i>{})", index % chart_colours, escape(run.name)));
}

std::string wide_table(const std::string& head, const std::string& rows) {
    return element(
        "div", R"(class="wide")",
        element("table", "", element("thead", "", element("tr", "", head)) + element("tbody", "", rows)));
}

std::string best_text(const RunRecord& run) {
    const EpochRecord* best = run.best_epoch();
    return best ? fmt::format("{} (epoch {})", percent_text(best->measured_accuracy), best->epoch) : "";
}

std::string figure_row(const RunRecord& run, std::size_t index, bool has_tests) {
    std::string cells = run_head(run, index, "row");
    if (run.epochs.empty()) {
        cells += cell("0", number_class);
        for (int i = 0; i < 6; ++i) cells += cell("", number_class);
    } else {
        const EpochRecord& last = run.epochs.back();
        for (const std::string& text :
             {fmt::format("{}", last.epoch), loss_text(last.train_loss), percent_text(last.train_accuracy),
              loss_text(last.measured_loss),
              percent_text(last.measured_accuracy) + (run.split == "test" ? "" : " (" + run.split + ")"),
              best_text(run), clock_time(total_seconds(run))})
            cells += cell(text, number_class);
    }
    const double speed = median_images_per_second(run);
    cells += cell(std::isfinite(speed) ? with_commas(std::llround(speed)) : "", number_class);
    if (has_tests) cells += cell(run.test ? percent_text(run.test->accuracy) : no_value, number_class);
    return element("tr", "", cells);
}

double class_accuracy(const Analysis& analysis, std::size_t label) {
    return static_cast<double>(analysis.confusion[label][label]) /
           static_cast<double>(std::max<std::int64_t>(analysis.images_of(label), 1));
}

}  // namespace

std::string compared_figures(const std::vector<RunRecord>& runs) {
    std::string head = head_cell("run", R"(scope="col")"), rows;
    for (const char* name : {"epochs", "train loss", "train accuracy", "measured loss", "measured accuracy",
                             "best", "time", "images/s"})
        head += head_cell(name, R"(scope="col" class="number")");
    const bool has_tests =
        std::ranges::any_of(runs, [](const RunRecord& run) { return run.test.has_value(); });
    if (has_tests) head += head_cell("final test accuracy", R"(scope="col" class="number")");
    for (std::size_t i = 0; i < runs.size(); ++i) rows += figure_row(runs[i], i, has_tests);
    return wide_table(head, rows);
}

std::string compared_configurations(const std::vector<RunRecord>& runs) {
    std::vector<std::string> keys;  // in the order in which they are found
    for (const RunRecord& run : runs)
        for (const auto& [key, value] : run.config)
            if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    std::string head = head_cell("setting", R"(scope="col")"), rows;
    for (std::size_t i = 0; i < runs.size(); ++i) head += run_head(runs[i], i, "col");
    for (const std::string& key : keys) {
        std::set<std::string> values;
        std::string cells = head_cell(key, R"(scope="row")");
        for (const RunRecord& run : runs) {
            const std::string value = run.setting(key);
            values.insert(value);
            cells += cell(value.empty() ? no_value : value, R"(class="setting")");
        }
        if (values.size() > 1) rows += element("tr", "", cells);
    }
    return rows.empty() ? "" : wide_table(head, rows);
}

std::string compared_classes(const std::vector<RunRecord>& runs) {
    const auto first =
        std::ranges::find_if(runs, [](const RunRecord& run) { return run.analysis.has_value(); });
    if (first == runs.end()) return "";
    const std::vector<std::string>& classes = first->analysis->classes;
    const auto is_shown = [&](const RunRecord& run) {
        return run.analysis && run.analysis->classes == classes;
    };
    std::string head = head_cell("class", R"(scope="col")"), rows;
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (is_shown(runs[i])) head += run_head(runs[i], i, "col");
    for (std::size_t label = 0; label < classes.size(); ++label) {
        std::string cells = head_cell(classes[label], R"(scope="row")");
        for (const RunRecord& run : runs)
            if (is_shown(run))
                cells +=
                    cell(fmt::format("{:.1f}%", 100 * class_accuracy(*run.analysis, label)), number_class);
        rows += element("tr", "", cells);
    }
    return wide_table(head, rows);
}

}  // namespace apps
