#include "apps/report/heat_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/report/html.h"

namespace apps {
namespace {

/// Text turns over where both of its colours can be read on the cell's.
constexpr double strong_from = 0.65;

std::string heat_cell(std::string_view text, double heat, std::string_view title) {
    const double value = std::clamp(heat, 0.0, 1.0);
    return cell(text, fmt::format(R"(class="heat{}" style="--v:{:.3f}" title="{}")",
                                  value >= strong_from ? " strong" : "", value, escape(title)));
}

std::string confusion_row(const Analysis& analysis, std::size_t label) {
    const auto total = static_cast<double>(std::max<std::int64_t>(analysis.images_of(label), 1));
    std::string cells = head_cell(analysis.classes[label], R"(scope="row")");
    for (std::size_t prediction = 0; prediction < analysis.classes.size(); ++prediction) {
        const std::int64_t count = analysis.confusion[label][prediction];
        const double share = static_cast<double>(count) / total;
        cells += heat_cell(count == 0 ? "" : fmt::format("{}", count), std::sqrt(share),
                           fmt::format("{} taken for {}: {} ({:.1f}%)", analysis.classes[label],
                                       analysis.classes[prediction], count, 100 * share));
    }
    return element("tr", "", cells);
}

std::string attention_row(const std::string& name, const BranchValues& values, double largest) {
    std::string cells = head_cell(name, R"(scope="row")");
    for (std::size_t branch = 0; branch < values.size(); ++branch)
        cells += heat_cell(fmt::format("{:.2f}", values[branch]), values[branch] / largest,
                           fmt::format("a{} of {}: {:.4f}", branch + 1, name, values[branch]));
    return element("tr", "", cells);
}

std::string attention_table(const Analysis& analysis, const BlockAttention& block) {
    double largest = 1e-12;
    for (const BranchValues& values : block.mean)
        largest = std::max(largest, *std::ranges::max_element(values));
    std::string names = head_cell(""), off = head_cell("off", R"(scope="row")");
    for (std::size_t branch = 0; branch < block.off.size(); ++branch) {
        names += element("th", R"(scope="col")", fmt::format("a<sub>{}</sub>", branch + 1));
        off += cell(fmt::format("{:.0f}%", 100 * block.off[branch]));
    }
    std::string rows;
    for (std::size_t label = 0; label < analysis.classes.size(); ++label)
        rows += attention_row(analysis.classes[label], block.mean[label], largest);
    return element("table", R"(class="matrix")",
                   element("caption", "", escape(block.name)) +
                       element("thead", "", element("tr", "", names)) + element("tbody", "", rows) +
                       element("tfoot", "", element("tr", "", off)));
}

}  // namespace

std::string confusion_table(const Analysis& analysis) {
    std::string names = head_cell("");
    for (const std::string& name : analysis.classes)
        names += element("th", R"(scope="col")", element("span", R"(class="upright")", escape(name)));
    std::string rows;
    for (std::size_t label = 0; label < analysis.classes.size(); ++label)
        rows += confusion_row(analysis, label);
    return element("table", R"(class="matrix confusion")",
                   element("thead", "", element("tr", "", names)) + element("tbody", "", rows));
}

std::string attention_tables(const Analysis& analysis) {
    std::string tables;
    for (const BlockAttention& block : analysis.attention) tables += attention_table(analysis, block);
    return element("div", R"(class="tables")", tables);
}

}  // namespace apps
