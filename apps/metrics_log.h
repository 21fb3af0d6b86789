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

    /// In the file.
    std::int64_t lines() const { return lines_; }

    /// Brings the file back to where a saved state left it: its first `lines` lines, less a step event of
    /// `end_step` (0: none), which was only written because training ended there.
    static void rewind(const std::filesystem::path& path, std::int64_t lines, std::int64_t end_step);

  private:
    void write_line(const std::string& line);
    [[noreturn]] void fail() const;

    std::filesystem::path path_;
    std::string split_;
    std::FILE* file_;
    std::int64_t lines_ = 0;
};

}  // namespace apps
