#include "apps/metrics_log.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "apps/bounded_json.h"
#include "engine/error.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

using Json = nlohmann::ordered_json;

double to_milliseconds(double seconds) { return std::round(seconds * 1000) / 1000; }

Json time_breakdown(const engine::EpochTime& time) {
    Json parts{{"data", to_milliseconds(time.data)},
               {"forward", to_milliseconds(time.forward)},
               {"backward", to_milliseconds(time.backward)},
               {"update", to_milliseconds(time.update)},
               {"evaluation", to_milliseconds(time.evaluation)}};
    if (time.step > 0) parts["step"] = to_milliseconds(time.step);
    return parts;
}

double to_tenths(double value) { return std::round(value * 10) / 10; }

/// Whether a saved state stands behind a line; not behind half a line.
bool is_stood_behind(const std::string& line, const engine::TrainPosition& position, std::int64_t log_every) {
    const nlohmann::json event = parse_bounded(line);
    if (!event.is_object()) return false;
    if (event.value("event", "") != "step")
        return event.value("epoch", std::numeric_limits<std::int64_t>::max()) <= position.epoch;
    const auto step = event.value("step", std::numeric_limits<std::int64_t>::max());
    return step < position.step || (step == position.step && step % log_every == 0);
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, std::string split)
    : path_(std::move(path)), split_(std::move(split)), file_(std::fopen(path_.c_str(), "ab")) {
    if (!file_) fail();
}

MetricsLog::~MetricsLog() { std::fclose(file_); }

void MetricsLog::write_step(const engine::StepReport& report, double images_per_second) {
    write_line(Json{{"event", "step"},
                    {"epoch", report.epoch},
                    {"step", report.step},
                    {"loss", report.loss},
                    {"accuracy", report.accuracy},
                    {"images_per_second", to_tenths(images_per_second)}}
                   .dump());
}

void MetricsLog::write_epoch(const engine::EpochReport& report) {
    write_line(Json{{"event", "epoch"},
                    {"epoch", report.epoch},
                    {"train_loss", report.train_loss},
                    {"train_accuracy", report.train_accuracy},
                    {split_ + "_loss", report.test_loss},
                    {split_ + "_accuracy", report.test_accuracy},
                    {"seconds", to_milliseconds(report.seconds)},
                    {"time", time_breakdown(report.time)}}
                   .dump());
}

void MetricsLog::write_test(const engine::MetricAccumulator& metrics, std::size_t views) {
    write_line(Json{
        {"event", "test"},
        {"test_loss", metrics.mean_loss()},
        {"test_accuracy", metrics.accuracy()},
        {"images", metrics.count()},
        {"views",
         views}}.dump());
}

void MetricsLog::write_line(const std::string& line) {
    const std::string text = line + "\n";
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) fail();
}

void MetricsLog::sync() {
    if (::fsync(::fileno(file_)) != 0 && errno != EINVAL) fail();  // EINVAL: no file that could be synced
}

void MetricsLog::fail() const {
    throw engine::IoError(std::string("cannot write the metrics: ") + std::strerror(errno),
                          "to " + path_.string(), "free some space, then resume with --resume");
}

void MetricsLog::rewind(const std::filesystem::path& path, const engine::TrainPosition& position,
                        std::int64_t log_every) {
    std::ifstream file(path, std::ios::binary);
    std::string kept;
    for (std::string line; std::getline(file, line);)
        if (is_stood_behind(line, position, log_every)) kept += line + "\n";
    engine::AtomicFile replacement(path);
    replacement.write(kept);
    replacement.commit();
}

}  // namespace apps
