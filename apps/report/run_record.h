#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/analysis.h"

namespace apps {

/// A step event of metrics.jsonl. What a line does not say is NaN, here and below.
struct StepRecord {
    std::int64_t epoch, step;
    double loss, accuracy, images_per_second;
};

/// Where the time of an epoch went, in seconds: pairs of what for and how long, in the file's order.
using TimeRecord = std::vector<std::pair<std::string, double>>;

/// An epoch event.
struct EpochRecord {
    std::int64_t epoch;
    double train_loss, train_accuracy;
    double measured_loss, measured_accuracy;  ///< on the run's split
    double seconds;
    TimeRecord time;  ///< empty if the run does not say
};

/// The test event of a run whose epochs are measured on something else, or in another way.
struct TestRecord {
    double loss, accuracy;
    std::int64_t images, views;
};

/// All that a run directory tells, as far as it is there.
struct RunRecord {
    std::filesystem::path path;
    std::string name;  ///< of the folder
    std::vector<std::pair<std::string, std::string>> config;
    std::vector<StepRecord> steps;
    std::vector<EpochRecord> epochs;
    std::optional<TestRecord> test;
    std::string split = "test";  ///< what epochs are measured on: "test" or "validation"
    std::optional<Analysis> analysis;
    std::vector<std::string> missing;  ///< what is not there, or not whole: one sentence each

    /// The value of a setting; empty if the configuration does not have it.
    std::string setting(const std::string& name) const;
    /// Where a step lies between epochs: 2.5 is half way through the third.
    double epochs_at(std::int64_t step) const;
    /// The one with the highest accuracy, of equal ones the first; null if there is none.
    const EpochRecord* best_epoch() const;
};

/// Reads a run, finished or not, of this version or another. Throws InputError if the folder is not there or
/// holds nothing of a run.
RunRecord read_run(const std::filesystem::path& path);

}  // namespace apps
