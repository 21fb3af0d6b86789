#include "apps/report/run_record.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "apps/bounded_json.h"
#include "apps/metrics_events.h"
#include "apps/parse_value.h"
#include "apps/run_directory.h"
#include "apps/toml.h"
#include "engine/error.h"

namespace apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// "runs/mine/" and "." have names, too.
std::string folder_name(const fs::path& path) {
    fs::path whole = fs::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    return whole.filename().string();
}

void read_config(RunRecord& run, const fs::path& path) {
    if (!is_file(path)) {
        run.missing.push_back("config.toml is missing: the configuration is not known.");
        return;
    }
    try {
        for (const TomlEntry& entry : read_toml(read_text(path), path.string()))
            run.config.emplace_back(entry.key, entry.values.empty() ? "none" : join_list(entry.values));
    } catch (const engine::InputError& error) {
        run.config.clear();
        run.missing.push_back(fmt::format("config.toml cannot be read: {}.", error.what()));
    }
}

TimeRecord read_time(const json& event) {
    TimeRecord time;
    const auto found = event.find("time");
    if (found == event.end() || !found->is_object()) return time;
    for (const char* phase : {"data", "forward", "backward", "update", "step", "evaluation"})
        if (const double seconds = number_in(*found, phase); seconds >= 0) time.emplace_back(phase, seconds);
    return time;
}

EpochRecord read_epoch(const json& event, const std::string& split) {
    return {count_in(event, "epoch"),
            number_in(event, "train_loss"),
            number_in(event, "train_accuracy"),
            number_in(event, (split + "_loss").c_str()),
            number_in(event, (split + "_accuracy").c_str()),
            number_in(event, "seconds"),
            read_time(event)};
}

void read_event(RunRecord& run, const json& event) {
    const json& kind = event["event"];
    if (kind == "step" && count_in(event, "epoch") > 0 && count_in(event, "step") > 0)
        run.steps.push_back({count_in(event, "epoch"), count_in(event, "step"), number_in(event, "loss"),
                             number_in(event, "accuracy"), number_in(event, "images_per_second")});
    if (kind == "epoch" && count_in(event, "epoch") > 0) {
        if (event.contains("validation_loss")) run.split = "validation";
        run.epochs.push_back(read_epoch(event, run.split));
    }
    if (kind == "test")
        run.test = {number_in(event, "test_loss"), number_in(event, "test_accuracy"),
                    std::max<std::int64_t>(count_in(event, "images"), 0),
                    std::max<std::int64_t>(count_in(event, "views"), 1)};
}

void read_metrics(RunRecord& run, const fs::path& path) {
    if (!is_file(path)) {
        run.missing.push_back("metrics.jsonl is missing: there are no curves.");
        return;
    }
    const std::int64_t unreadable = for_each_event(path, [&](const json& event) { read_event(run, event); });
    if (unreadable > 0)
        run.missing.push_back(fmt::format("{} of metrics.jsonl could not be read and {} left out.",
                                          unreadable == 1 ? "One line" : fmt::format("{} lines", unreadable),
                                          unreadable == 1 ? "is" : "are"));
    if (run.epochs.empty()) run.missing.push_back("No epoch has ended yet.");
}

void read_run_analysis(RunRecord& run, const fs::path& path) {
    run.analysis = load_analysis(path);
    if (!run.analysis)
        run.missing.push_back(
            std::string(is_file(path) ? "analysis.json cannot be read" : "analysis.json is missing") +
            ": no classes, mistakes, attention and filters are shown. train writes it at the end of each "
            "epoch.");
    else if (!run.epochs.empty() && run.analysis->epoch != run.epochs.back().epoch)
        run.missing.push_back(fmt::format("analysis.json is of epoch {}, the metrics end with epoch {}.",
                                          run.analysis->epoch, run.epochs.back().epoch));
}

/// A run that was stopped, or still goes on.
void note_end(RunRecord& run) {
    const auto planned = parse_integer(run.setting("epochs"), 1, std::int64_t{1} << 53);
    const auto limit = parse_integer(run.setting("max-steps"), 1, std::int64_t{1} << 53);
    if (!planned || run.epochs.empty() || run.epochs.back().epoch >= *planned) return;
    if (limit && !run.steps.empty() && run.steps.back().step >= *limit) return;
    run.missing.push_back(
        fmt::format("This training has not ended: {} of {} epochs.", run.epochs.back().epoch, *planned));
}

}  // namespace

std::string RunRecord::setting(const std::string& wanted) const {
    for (const auto& [key, value] : config)
        if (key == wanted) return value;
    return "";
}

double RunRecord::epochs_at(std::int64_t step) const {
    // No line says how many steps an epoch has. Step s of epoch e says: at least s / e; the last of an epoch
    // says it exactly.
    double steps_per_epoch = 1;
    for (const StepRecord& record : steps)
        steps_per_epoch =
            std::max(steps_per_epoch, static_cast<double>(record.step) / static_cast<double>(record.epoch));
    if (analysis && analysis->epoch > 0)
        steps_per_epoch = std::max(
            steps_per_epoch, static_cast<double>(analysis->step) / static_cast<double>(analysis->epoch));
    return static_cast<double>(step) / steps_per_epoch;
}

const EpochRecord* RunRecord::best_epoch() const {
    const EpochRecord* best = nullptr;
    for (const EpochRecord& epoch : epochs)
        if (std::isfinite(epoch.measured_accuracy) &&
            (!best || epoch.measured_accuracy > best->measured_accuracy))
            best = &epoch;
    return best;
}

RunRecord read_run(const fs::path& path) {
    const RunDirectory directory(path);
    if (!is_file(directory.metrics()) && !is_file(directory.config()) && !is_file(directory.analysis()))
        throw engine::InputError("there is no run", "in " + path.string(),
                                 "name a folder that train has written: it holds metrics.jsonl");
    RunRecord run;
    run.path = path;
    run.name = folder_name(path);
    read_config(run, directory.config());
    read_metrics(run, directory.metrics());
    read_run_analysis(run, directory.analysis());
    note_end(run);
    return run;
}

}  // namespace apps
