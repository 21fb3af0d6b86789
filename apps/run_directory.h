#pragma once

#include <filesystem>
#include <string>

namespace apps {

/// The folder of one training run and the files in it.
class RunDirectory {
  public:
    explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
    /// One under runs/ that does not exist yet, called by the time of day.
    static RunDirectory new_by_time();

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path config() const { return path_ / "config.toml"; }
    std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
    std::filesystem::path last() const { return path_ / "last.safetensors"; }
    std::filesystem::path best() const { return path_ / "best.safetensors"; }
    std::filesystem::path state() const { return path_ / "state.safetensors"; }

    /// What the report says besides the metrics: docs/report.md.
    std::filesystem::path analysis() const { return path_ / "analysis.json"; }
    std::filesystem::path report() const { return path_ / "report.html"; }

    /// Is any of these files there?
    bool holds_run() const;
    /// Throws CommandLineError if this cannot be a folder, IoError if one could not be made or written to.
    void check_writable() const;
    /// Makes the folder, without the files of a run before; whatever else it holds stays.
    void begin() const;

  private:
    std::filesystem::path path_;
};

}  // namespace apps
