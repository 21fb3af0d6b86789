#include "apps/profile_report.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apps/command_line_error.h"
#include "apps/terminal.h"
#include "apps/writable_folder.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

namespace fs = std::filesystem;
using engine::Phase;
using engine::ProfileEvent;
using engine::ProfileKey;
using engine::Profiler;
using engine::ProfileTotal;
using Json = nlohmann::ordered_json;

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

// The tables

struct Row {
    std::string name, phase;
    ProfileTotal total;
};

std::string name_of(std::string_view layer) { return std::string(layer.empty() ? "-" : layer); }

/// Sums of the totals that `name_and_phase` gives the same name and phase, the longest first.
std::vector<Row> grouped(const Profiler& profiler,
                         const std::function<std::pair<std::string, std::string>(const ProfileKey&)>& names) {
    std::map<std::pair<std::string, std::string>, ProfileTotal> sums;
    for (const auto& [key, total] : profiler.totals()) sums[names(key)].add(total);
    std::vector<Row> rows;
    for (const auto& [name, total] : sums) rows.push_back({name.first, name.second, total});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.total.seconds > b.total.seconds; });
    return rows;
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// A rate and what it is of the peak, both blank if there is nothing to count.
std::string rate_and_share(double count, double seconds, double peak) {
    if (count == 0 || seconds == 0) return fmt::format("{:>9} {:>6}", "", "");
    if (peak == 0) return fmt::format("{:>9.1f} {:>6}", 1e-9 * count / seconds, "");
    return fmt::format("{:>9.1f} {:>5.1f}%", 1e-9 * count / seconds, percent(count / seconds, peak));
}

void print_row(const Row& row, std::size_t name_width, double all_seconds, const kernels::Peaks& peaks) {
    const ProfileTotal& total = row.total;
    const std::string line =
        fmt::format("{:<{}}  {:<10} {:>9} {:>9.3f} {:>5.1f}% {} {}  {}", row.name, name_width, row.phase,
                    with_commas(total.calls), total.seconds, percent(total.seconds, all_seconds),
                    rate_and_share(total.flops, total.seconds, peaks.flops_per_second),
                    rate_and_share(total.bytes, total.seconds, peaks.bytes_per_second),
                    fmt::join(total.algorithms, ", "));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

void print_table(const char* what, std::vector<Row> rows, const Profiler& profiler,
                 const kernels::Peaks& peaks) {
    Row sum{"total", "", {}};
    std::size_t width = sum.name.size();
    for (const Row& row : rows) {
        sum.total.add(row.total);
        width = std::max(width, row.name.size());
    }
    sum.total.algorithms.clear();
    rows.push_back(sum);
    fmt::print("\n{:<{}}  {:<10} {:>9} {:>9} {:>6} {:>9} {:>6} {:>9} {:>6}  {}\n", what, width, "phase",
               "calls", "seconds", "share", "GFLOP/s", "peak", "GB/s", "peak", "algorithm");
    for (const Row& row : rows) print_row(row, width, profiler.seconds(), peaks);
}

void print_phases(const Profiler& profiler) {
    std::map<Phase, double> in_kernels;
    double all_in_kernels = 0;
    for (const auto& [key, total] : profiler.totals()) {
        in_kernels[key.phase] += total.seconds;
        all_in_kernels += total.seconds;
    }
    const auto print_line = [&](const char* phase, double seconds, double kernel_seconds) {
        fmt::print("{:<10} {:>9.3f} {:>5.1f}% {:>10.1f}%\n", phase, seconds,
                   percent(seconds, profiler.seconds()), percent(kernel_seconds, seconds));
    };
    fmt::print("\n{:<10} {:>9} {:>6} {:>11}\n", "phase", "seconds", "share", "in kernels");
    for (const Phase phase : engine::all_phases)
        if (profiler.seconds(phase) > 0)
            print_line(engine::name(phase), profiler.seconds(phase), in_kernels[phase]);
    print_line("total", profiler.seconds(), all_in_kernels);
}

// The trace

const char* category(ProfileEvent::Kind kind) {
    switch (kind) {
        case ProfileEvent::Kind::phase:
            return "phase";
        case ProfileEvent::Kind::layer:
            return "layer";
        case ProfileEvent::Kind::kernel:
            return "kernel";
    }
    return "";
}

/// As the format counts.
double microseconds(kernels::Clock::duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

Json trace_event(const ProfileEvent& event, kernels::Clock::time_point begin) {
    Json json{{"name", event.name},
              {"cat", category(event.kind)},
              {"ph", "X"},  // a complete event: begin and duration
              {"ts", microseconds(event.begin - begin)},
              {"dur", microseconds(event.end - event.begin)},
              {"pid", 1},
              {"tid", 1}};
    if (event.kind != ProfileEvent::Kind::kernel) return json;
    Json& args = json["args"];
    const double seconds = 1e-6 * microseconds(event.end - event.begin);
    args["layer"] = event.layer;
    if (!event.shape.empty()) args["shape"] = event.shape;
    if (!event.algorithm.empty()) args["algorithm"] = event.algorithm;
    if (seconds > 0) {
        args["GFLOP/s"] = 1e-9 * event.flops / seconds;
        args["GB/s"] = 1e-9 * event.bytes / seconds;
    }
    return json;
}

}  // namespace

void ProfileReport::check_writable(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
        throw CommandLineError("the profile cannot be there: not a file", "at " + file.string(),
                               "choose another with --profile");
    require_writable_folder(folder_of(file), "the folder of the profile", "--profile");
}

ProfileReport::ProfileReport(fs::path file, ComputeDevice compute)
    : file_(std::move(file)),
      compute_(std::move(compute)),
      peaks_(compute_.device == engine::Device::cpu ? kernels::measure_peaks() : kernels::Peaks{}) {}

void ProfileReport::write_trace() {
    profiler_.stop();
    std::error_code ignored;  // AtomicFile says what is wrong
    fs::create_directories(folder_of(file_), ignored);
    engine::AtomicFile file(file_);
    Json machine{{"device", compute_.description}, {"events left out", profiler_.events_left_out()}};
    if (peaks_.flops_per_second > 0) {
        machine["peak GFLOP/s"] = 1e-9 * peaks_.flops_per_second;
        machine["peak GB/s"] = 1e-9 * peaks_.bytes_per_second;
    }
    file.write(
        fmt::format("{{\"displayTimeUnit\":\"ms\",\"otherData\":{},\"traceEvents\":[", machine.dump()));
    std::string separator = "\n";
    for (const ProfileEvent& event : profiler_.events()) {
        file.write(separator + trace_event(event, profiler_.begin()).dump());
        separator = ",\n";
    }
    file.write("\n]}\n");
    file.commit();
}

void ProfileReport::print() const {
    fmt::print("\nprofile of {:.3f} s, {}\n", profiler_.seconds(), compute_.description);
    if (peaks_.flops_per_second > 0)
        fmt::print("measured peaks: {:.1f} GFLOP/s (fused multiply-add), {:.1f} GB/s (triad)\n",
                   1e-9 * peaks_.flops_per_second, 1e-9 * peaks_.bytes_per_second);
    print_phases(profiler_);
    print_table("op",
                grouped(profiler_,
                        [](const ProfileKey& key) {
                            return std::pair{std::string(key.kernel), std::string(engine::name(key.phase))};
                        }),
                profiler_, peaks_);
    print_table("layer",
                grouped(profiler_,
                        [](const ProfileKey& key) {
                            return std::pair{name_of(key.layer), std::string(engine::name(key.phase))};
                        }),
                profiler_, peaks_);
    fmt::print("\ntrace {}: {} events, {} left out; open it in ui.perfetto.dev\n\n", file_.string(),
               with_commas(std::ssize(profiler_.events())), with_commas(profiler_.events_left_out()));
}

}  // namespace apps
