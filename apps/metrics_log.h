#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "engine/trainer.h"

namespace apps {

/// metrics.jsonl: one JSON object a line, on the disk's side of the buffer as soon as it is written. All
/// failures are IoErrors.
class MetricsLog {
  public:
    /// Appends to the file, or begins it.
    /// Epochs are measured on `split`: its name is part of their keys.
    MetricsLog(std::filesystem::path path, std::string split);
    ~MetricsLog();
    MetricsLog(const MetricsLog&) = delete;
    MetricsLog& operator=(const MetricsLog&) = delete;

    void write_step(const engine::StepReport& report, double images_per_second);
    void write_epoch(const engine::EpochReport& report);
    /// What the trained network reaches on the test images, averaged over so many views of each.
    void write_test(const engine::MetricAccumulator& metrics, std::size_t views);
    /// Waits until all lines are on the disk itself.
    void sync();

    /// Brings the file back to where a state was saved at that position: what came after it goes, and so does
    /// what was only written because training ended there, in the middle of an epoch or between two of the
    /// steps that are logged, every `log_every`. Doing it once more changes nothing.
    static void rewind(const std::filesystem::path& path, const engine::TrainPosition& position,
                       std::int64_t log_every);

  private:
    void write_line(const std::string& line);
    [[noreturn]] void fail() const;

    std::filesystem::path path_;
    std::string split_;
    std::FILE* file_;
};

}  // namespace apps
