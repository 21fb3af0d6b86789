#include "apps/report/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/report/comparison.h"
#include "apps/report/curves.h"
#include "apps/report/heat_table.h"
#include "apps/report/html.h"
#include "apps/report/sections.h"
#include "apps/report/style.h"
#include "apps/terminal.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

/// The browser itself sees to it that nothing is loaded from elsewhere.
constexpr const char* head_format =
    R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"/>
<title>{}</title>
<style>{}</style>
</head>
<body>
<main>
)";

/// Nothing without content.
std::string section(const std::string& title, const std::string& note, const std::string& content) {
    if (content.empty()) return "";
    return element("section", "",
                   element("h2", "", escape(title)) +
                       (note.empty() ? "" : element("p", R"(class="note")", note)) + content) +
           "\n";
}

std::string missing_list(const std::vector<RunRecord>& runs) {
    std::string items;
    for (const RunRecord& run : runs)
        for (const std::string& sentence : run.missing)
            items += element(
                "li", "",
                (runs.size() > 1 ? element("b", "", escape(run.name)) + ": " : "") + escape(sentence));
    return items.empty() ? "" : element("ul", R"(class="missing")", items) + "\n";
}

/// "recipe seed, widths 32,64, 30 epochs"
std::string summary_of(const RunRecord& run) {
    std::string text;
    for (const char* key : {"recipe", "widths", "optimizer", "batch-size", "seed"})
        if (const std::string value = run.setting(key); !value.empty())
            text += fmt::format("{}{} {}", text.empty() ? "" : " \xC2\xB7 ", key, value);
    return text;
}

std::string measured_on(const RunRecord& run) {
    const std::string count = run.analysis ? with_commas(run.analysis->images()) + " " : "";
    if (run.split == "test")
        return fmt::format("Each epoch is measured on the {}test images, in evaluation mode.", count);
    return fmt::format(
        "Each epoch is measured on {}validation images: training images that were held out. The test images "
        "{}.",
        count, run.test ? "were read once, after the last epoch" : "have not been read");
}

constexpr const char* curves_note =
    "Train: mean over an epoch\xE2\x80\x99s batches, each before its update, with augmentation and dropout. ";
constexpr const char* confusion_note =
    "Rows: what an image is. Columns: what it was taken for. Colour: share of the row, on a square-root "
    "scale, "
    "so that rare confusions show.";
constexpr const char* attention_note =
    "Each block adds up three branches, a<sub>1</sub> relu(conv1) + a<sub>2</sub> relu(conv2) + "
    "a<sub>3</sub> relu(conv3), with weights that it computes for each image. Means over the first {} {} "
    "images, by class; colour from 0 to the block\xE2\x80\x99s largest mean. Off: share of these images for "
    "which a weight is 0.";

std::string analysis_sections(const Analysis& analysis) {
    const std::string after = fmt::format("{} {} images, after epoch {}. ", with_commas(analysis.images()),
                                          escape(analysis.split), analysis.epoch);
    std::string sections =
        element("div", R"(class="pair")",
                section("Accuracy by class", after, class_table(analysis)) +
                    section("Confusion matrix", after + confusion_note, confusion_table(analysis)));
    if (!analysis.mistakes.empty())
        sections += section("Most confident mistakes",
                            after + "What the network says, how sure it is, and what it really is.",
                            mistake_pictures(analysis));
    if (!analysis.attention.empty())
        sections += section(
            "What the attention does",
            fmt::format(attention_note, with_commas(analysis.attention_images), escape(analysis.split)),
            attention_tables(analysis));
    if (!analysis.filters.empty())
        sections += section("First-layer filters",
                            "3\xC3\x97"
                            "3 pixels in red, green and blue. Grey is 0; each filter is scaled to "
                            "its own largest weight.",
                            filter_pictures(analysis));
    return sections;
}

std::string single_body(const RunRecord& run) {
    std::string body = figure_tiles(run) + "\n";
    body += section("Curves", curves_note + escape(measured_on(run)), draw_curves(run));
    if (run.analysis) body += analysis_sections(*run.analysis);
    body += section("Where the time went", "Wall time of all epochs that say it.", time_breakdown(run));
    if (!run.config.empty())
        body += section("Configuration", "config.toml, with which train makes this run again.",
                        configuration_table(run));
    if (!run.epochs.empty())
        body += section(
            "All epochs", "",
            element("details", "", element("summary", "", "The curves in numbers") + epoch_table(run)));
    return body;
}

std::string comparison_body(const std::vector<RunRecord>& runs) {
    std::string body = section("Figures", "After the last epoch of each run.", compared_figures(runs));
    for (const RunRecord& run : runs)
        if (run.split != "test")
            body += element("p", R"(class="note")",
                            element("b", "", escape(run.name)) + ": " + escape(measured_on(run)));
    body += section("Curves", curves_note, draw_compared_curves(runs));
    body += section("Differences of configuration", "", compared_configurations(runs));
    body += section("Accuracy by class", "At the end of the epoch that each analysis is of.",
                    compared_classes(runs));
    return body;
}

/// Runs of the same name are told apart by their paths.
std::vector<RunRecord> with_unique_names(std::vector<RunRecord> runs) {
    std::vector<std::string> names;
    for (const RunRecord& run : runs) names.push_back(run.name);
    for (RunRecord& run : runs)
        if (std::ranges::count(names, run.name) > 1) run.name = run.path.string();
    return runs;
}

}  // namespace

std::string report_page(const std::vector<RunRecord>& given) {
    const std::vector<RunRecord> runs = with_unique_names(given);
    const bool is_single = runs.size() == 1;
    const std::string title = is_single ? runs.front().name : fmt::format("{} runs compared", runs.size());
    std::string page = fmt::format(head_format, escape(title + " \xE2\x80\x93 cifar_engine"), page_style);
    page += element("header", "",
                    element("h1", "", escape(title)) +
                        (is_single ? element("p", "", escape(summary_of(runs.front()))) : ""));
    page += "\n" + missing_list(runs) + (is_single ? single_body(runs.front()) : comparison_body(runs));
    page +=
        element("footer", "", "Made by cifar_engine; <code>cifar_engine report RUN</code> makes it anew.");
    return page + "\n</main>\n<script>" + std::string(page_script) + "</script>\n</body>\n</html>\n";
}

void write_report(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out) {
    std::vector<RunRecord> records;
    for (const std::filesystem::path& run : runs) records.push_back(read_run(run));
    engine::AtomicFile file(out);
    file.write(report_page(records));
    file.commit();
}

}  // namespace apps
