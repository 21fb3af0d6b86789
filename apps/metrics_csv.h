#pragma once

#include <filesystem>
#include <string>

namespace apps {

/// Writes metrics.csv, the epochs of metrics.jsonl as a table: a line of names, then one for each epoch. It
/// is made anew each time, so that it never says anything else. Epochs are measured on `split`: its name is
/// part of theirs. Throws IoError.
void write_metrics_csv(const std::filesystem::path& csv, const std::filesystem::path& metrics,
                       const std::string& split);

}  // namespace apps
