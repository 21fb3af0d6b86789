#include "apps/report/sections.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/report/figures.h"
#include "apps/report/html.h"
#include "apps/terminal.h"

namespace apps {
namespace {

std::string head_row(const std::vector<std::pair<std::string, bool>>& columns) {
    std::string cells;
    for (const auto& [name, is_number] : columns)
        cells += head_cell(name, is_number ? R"(scope="col" class="number")" : R"(scope="col")");
    return element("thead", "", element("tr", "", cells));
}

std::string image(const std::string& png, const std::string& attributes) {
    return fmt::format(R"(<img src="data:image/png;base64,{}" {}/>)", png, attributes);
}

/// The class that images of another are most often taken for; that class itself if they never are.
std::size_t main_confusion(const Analysis& analysis, std::size_t label) {
    std::size_t most = label;
    for (std::size_t i = 0; i < analysis.classes.size(); ++i)
        if (i != label &&
            analysis.confusion[label][i] > (most == label ? 0 : analysis.confusion[label][most]))
            most = i;
    return most;
}

std::string class_row(const Analysis& analysis, std::size_t label) {
    const std::int64_t images = analysis.images_of(label);
    const double share =
        images == 0 ? 0 : static_cast<double>(analysis.confusion[label][label]) / static_cast<double>(images);
    const std::size_t confused = main_confusion(analysis, label);
    return element("tr", "",
                   head_cell(analysis.classes[label], R"(scope="row")") +
                       element("td", R"(class="bar")",
                               fmt::format(R"(<span style="width:{:.1f}%"></span>)", 100 * share)) +
                       cell(images == 0 ? "no images" : fmt::format("{:.1f}%", 100 * share), number_class) +
                       cell(confused == label ? ""
                                              : fmt::format("{} ({})", analysis.classes[confused],
                                                            analysis.confusion[label][confused])));
}

std::string mistake_picture(const Analysis& analysis, const Mistake& mistake) {
    const std::string label = escape(analysis.classes[static_cast<std::size_t>(mistake.label)]);
    const std::string prediction = escape(analysis.classes[static_cast<std::size_t>(mistake.prediction)]);
    return element("figure",
                   fmt::format(R"(title="image {} of the {} images, counted from 0")", mistake.image,
                               escape(analysis.split)),
                   image(mistake.png, fmt::format(R"(alt="{} taken for {}")", label, prediction)) +
                       element("figcaption", "",
                               fmt::format("<b>{}</b><br/>{:.1f}%<br/><small>is: {}</small>", prediction,
                                           100 * mistake.confidence, label)));
}

std::string filter_picture(const FilterSheet& sheet) {
    const std::string count = sheet.shown == sheet.filters
                                  ? fmt::format("{} filters", sheet.filters)
                                  : fmt::format("the first {} of {} filters", sheet.shown, sheet.filters);
    return element("figure", "",
                   image(sheet.png, fmt::format(R"(alt="filters of {}")", escape(sheet.branch))) +
                       element("figcaption", "", fmt::format("{}: {}", escape(sheet.branch), count)));
}

/// Seconds of all epochs that say how theirs were spent; what is left of an epoch is "other".
TimeRecord total_time(const RunRecord& run) {
    TimeRecord total;
    const auto add = [&](const std::string& phase, double seconds) {
        const auto found = std::ranges::find(total, phase, &std::pair<std::string, double>::first);
        if (found == total.end())
            total.emplace_back(phase, seconds);
        else
            found->second += seconds;
    };
    double rest = 0;
    for (const EpochRecord& epoch : run.epochs) {
        if (epoch.time.empty()) continue;
        double known = 0;
        for (const auto& [phase, seconds] : epoch.time) {
            if (seconds > 0) add(phase, seconds);
            known += seconds;
        }
        if (epoch.seconds > known) rest += epoch.seconds - known;
    }
    if (rest > 0) total.emplace_back("other", rest);
    return total;
}

}  // namespace

std::string figure_tiles(const RunRecord& run) {
    std::string tiles;
    for (const Figure& figure : figures_of(run))
        tiles += element("div", "",
                         element("dt", "", escape(figure.name)) + element("dd", "", escape(figure.value)) +
                             element("dd", R"(class="note")", escape(figure.note)));
    return tiles.empty() ? "" : element("dl", R"(class="tiles")", tiles);
}

std::string class_table(const Analysis& analysis) {
    std::string rows;
    for (std::size_t label = 0; label < analysis.classes.size(); ++label) rows += class_row(analysis, label);
    return element(
        "table", R"(class="classes")",
        head_row({{"class", false}, {"accuracy", false}, {"", true}, {"most often taken for", false}}) +
            element("tbody", "", rows));
}

std::string mistake_pictures(const Analysis& analysis) {
    std::string pictures;
    for (const Mistake& mistake : analysis.mistakes) pictures += mistake_picture(analysis, mistake);
    return element("div", R"(class="mistakes")", pictures);
}

std::string filter_pictures(const Analysis& analysis) {
    std::string pictures;
    for (const FilterSheet& sheet : analysis.filters) pictures += filter_picture(sheet);
    return element("div", R"(class="filters")", pictures);
}

std::string time_breakdown(const RunRecord& run) {
    const TimeRecord total = total_time(run);
    double sum = 0;
    for (const auto& [phase, seconds] : total) sum += seconds;
    if (sum <= 0) return "";
    std::string bar, rows;
    int colour = 0;
    for (const auto& [phase, seconds] : total) {
        const double percent = 100 * seconds / sum;
        bar += fmt::format(R"(<span class="c{}" style="width:{:.2f}%" title="{} {:.1f}%"></span>)", colour,
                           percent, escape(phase), percent);
        rows += element(
            "tr", "",
            element("th", R"(scope="row")", fmt::format(R"(<i class="c{}"></i>{})", colour, escape(phase))) +
                cell(fmt::format("{:.1f}", seconds), number_class) +
                cell(fmt::format("{:.1f}%", percent), number_class));
        ++colour;
    }
    return element("div", R"(class="stack")", bar) +
           element("table", R"(class="times")",
                   head_row({{"", false}, {"seconds", true}, {"share", true}}) + element("tbody", "", rows));
}

std::string configuration_table(const RunRecord& run) {
    std::string rows;
    for (const auto& [key, value] : run.config)
        rows += element("div", "", element("dt", "", escape(key)) + element("dd", "", escape(value)));
    return element("dl", R"(class="settings")", rows);
}

std::string epoch_table(const RunRecord& run) {
    std::string rows;
    for (const EpochRecord& epoch : run.epochs) {
        std::string cells = cell(fmt::format("{}", epoch.epoch), number_class);
        for (const std::string& text :
             {loss_text(epoch.train_loss), percent_text(epoch.train_accuracy), loss_text(epoch.measured_loss),
              percent_text(epoch.measured_accuracy),
              std::isfinite(epoch.seconds) ? fmt::format("{:.1f}", epoch.seconds) : ""})
            cells += cell(text, number_class);
        rows += element("tr", "", cells);
    }
    return element("div", R"(class="wide")",
                   element("table", "",
                           head_row({{"epoch", true},
                                     {"train loss", true},
                                     {"train accuracy", true},
                                     {run.split + " loss", true},
                                     {run.split + " accuracy", true},
                                     {"seconds", true}}) +
                               element("tbody", "", rows)));
}

}  // namespace apps
