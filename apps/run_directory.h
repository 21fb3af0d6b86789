#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

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
    /// The epochs of metrics.jsonl as a table.
    std::filesystem::path csv() const { return path_ / "metrics.csv"; }
    std::filesystem::path last() const { return path_ / "last.safetensors"; }
    std::filesystem::path best() const { return path_ / "best.safetensors"; }
    std::filesystem::path state() const { return path_ / "state.safetensors"; }

    /// What the report says besides the metrics: docs/report.md.
    std::filesystem::path analysis() const { return path_ / "analysis.json"; }
    std::filesystem::path report() const { return path_ / "report.html"; }

    /// The model at the end of one epoch, counted from 1: epoch-012.safetensors.
    std::filesystem::path epoch(std::int64_t number) const;
    /// Those that are there, by their number.
    std::map<std::int64_t, std::filesystem::path> epochs() const;
    /// Removes all of these but those of the last `keep` epochs up to `newest`.
    void remove_epochs_except(std::int64_t newest, std::int64_t keep) const;
    /// The run of one of several trials in this folder: trial-seed-3.
    RunDirectory trial(std::int64_t seed) const;
    /// Those that are there, by their seed.
    std::map<std::int64_t, RunDirectory> trials() const;
    /// What the trials reached together.
    std::filesystem::path trials_summary() const { return path_ / "trials.json"; }

    /// TensorBoard's files that are there, the oldest first.
    std::vector<std::filesystem::path> event_files() const;
    /// A name for one that is not there yet; it sorts behind those that are.
    std::filesystem::path new_event_file() const;

    /// Is any of the run's files there, or of its trials'?
    bool holds_run() const;
    /// Throws CommandLineError if this cannot be a folder, IoError if one could not be made or written to.
    void check_writable() const;
    /// Makes the folder, without the files of a run before and of its trials; whatever else it holds stays.
    void begin() const;

  private:
    void remove_run() const;

    std::filesystem::path path_;
};

}  // namespace apps
